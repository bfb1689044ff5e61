using Evolv.Platform.Redis;

namespace Evolv.Tests.Platform.Redis;

/// <summary>When Redis counts as gone and when as back.</summary>
public sealed class RedisCircuitTests
{
    [Fact]
    public void Nobody_is_sent_to_Redis_before_it_has_answered_a_probe()
    {
        var circuit = new RedisCircuit();

        Assert.True(circuit.IsOpen);
        Assert.Equal(CircuitChange.Closed, circuit.Succeed(isProbe: true));
        Assert.False(circuit.IsOpen);
    }

    [Fact]
    public void Redis_that_is_not_there_from_the_start_is_told_of_once()
    {
        var circuit = new RedisCircuit();

        var changes = Enumerable.Range(0, 5).Select(_ => circuit.Fail(isProbe: true)).ToArray();

        Assert.Equal([CircuitChange.None, CircuitChange.Opened, CircuitChange.None, CircuitChange.None, CircuitChange.None], changes);
        Assert.True(circuit.IsOpen);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void Silence_in_a_row_opens_it(params bool[] probes)
    {
        var circuit = Closed();

        var changes = probes.Select(circuit.Fail).ToArray();

        Assert.Equal([.. Enumerable.Repeat(CircuitChange.None, probes.Length - 1), CircuitChange.Opened], changes);
        Assert.True(circuit.IsOpen);
    }

    [Fact]
    public void An_answer_in_between_keeps_it_closed()
    {
        var circuit = Closed();

        for (var i = 0; i < 10; i++)
        {
            circuit.Fail(isProbe: false);
            circuit.Fail(isProbe: false);
            circuit.Succeed(isProbe: false);
        }

        Assert.False(circuit.IsOpen);
    }

    [Fact]
    public void Two_answers_of_probes_close_it_and_late_answers_of_calls_do_not()
    {
        var circuit = Closed();
        circuit.Fail(isProbe: true);
        circuit.Fail(isProbe: true);

        CircuitChange[] changes =
        [
            circuit.Succeed(isProbe: false), circuit.Succeed(isProbe: true), circuit.Fail(isProbe: true), circuit.Succeed(isProbe: true),
            circuit.Succeed(isProbe: true),
        ];

        Assert.Equal([CircuitChange.None, CircuitChange.None, CircuitChange.None, CircuitChange.None, CircuitChange.Closed], changes);
        Assert.False(circuit.IsOpen);
    }

    static RedisCircuit Closed()
    {
        var circuit = new RedisCircuit();
        circuit.Succeed(isProbe: true);
        return circuit;
    }
}
