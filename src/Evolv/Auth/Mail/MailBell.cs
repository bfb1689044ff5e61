namespace Evolv.Auth.Mail;

/// <summary>Tells the delivery that there may be something to send, a moment before the transaction with it ends.</summary>
sealed class MailBell : IDisposable
{
    readonly SemaphoreSlim _rung = new(0, 1);

    internal void Ring()
    {
        try
        {
            _rung.Release();
        }
        catch (SemaphoreFullException)
        {
            // It rings already.
        }
    }

    /// <summary>Waits for a ring, or until the time is over.</summary>
    internal Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken) => _rung.WaitAsync(longest, cancellationToken);

    public void Dispose() => _rung.Dispose();
}
