namespace Evolv.Platform.Redis;

/// <summary>What a call has made of the circuit.</summary>
enum CircuitChange
{
    None,
    Opened,
    Closed,
}

/// <summary>
/// Whether Redis is worth asking. It opens after some calls in a row without an answer and closes by probes alone, so that nobody who
/// waits for an answer has to find out that there is none.
/// </summary>
sealed class RedisCircuit
{
    const int FailuresToOpen = 3;
    const int WeightOfProbe = 2; // Two in a row open it where nobody else calls.
    const int ProbesToClose = 2;

    readonly Lock _gate = new();
    volatile bool _isOpen = true;
    bool _wasSettled;
    int _failures;
    int _probes = ProbesToClose - 1; // At the start one will do.

    /// <summary>True until Redis has answered for the first time, too.</summary>
    internal bool IsOpen => _isOpen;

    internal CircuitChange Succeed(bool isProbe)
    {
        // The usual call changes nothing and takes no lock.
        if (!isProbe && (_isOpen || Volatile.Read(ref _failures) == 0))
            return CircuitChange.None;
        lock (_gate)
        {
            _failures = 0;
            if (!_isOpen || ++_probes < ProbesToClose)
                return CircuitChange.None;
            (_isOpen, _wasSettled) = (false, true);
            return CircuitChange.Closed;
        }
    }

    internal CircuitChange Fail(bool isProbe)
    {
        lock (_gate)
        {
            _probes = 0;
            _failures = Math.Min(_failures + (isProbe ? WeightOfProbe : 1), FailuresToOpen);
            if (_failures < FailuresToOpen || (_isOpen && _wasSettled))
                return CircuitChange.None;
            (_isOpen, _wasSettled) = (true, true);
            return CircuitChange.Opened;
        }
    }
}
