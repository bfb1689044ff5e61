using System.Diagnostics;

namespace Evolv.Tests.Rest;

/// <summary>Waits for what happens by itself, such as a reload.</summary>
static class Eventually
{
    internal static async Task IsTrueAsync(Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "it did not happen");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
