using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MimeKit;

namespace Evolv.Tests.Support;

/// <summary>How a mail server behaves today.</summary>
enum SmtpMood
{
    Accept,

    /// <summary>451 to every recipient: come again (greylisting).</summary>
    Later,

    /// <summary>550 to every recipient: there is no such person.</summary>
    Refuse,

    /// <summary>421 instead of a greeting.</summary>
    Busy,

    /// <summary>Takes the connection and says nothing.</summary>
    Silent,

    /// <summary>Takes the whole mail and hangs up instead of saying so.</summary>
    HangUpAfterData,
}

/// <summary>A mail server that speaks SMTP (RFC 5321) and misbehaves as real ones do.</summary>
sealed class SmtpStandIn : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stopping = new();
    readonly Task _accepting;

    public SmtpStandIn()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    internal int Port { get; }

    internal SmtpMood Mood { get; set; }

    internal string? Login { get; private set; }

    internal int Connections;

    internal ConcurrentQueue<MimeMessage> Mails { get; } = [];

    internal (string, string)[] Settings =>
    [
        ("Auth:Mail:Host", "127.0.0.1"), ("Auth:Mail:Port", $"{Port}"), ("Auth:Mail:Security", "none"), ("Auth:Mail:Username", "evolv"),
        ("Auth:Mail:Password", "canary-of-the-mail-server"), ("Auth:Mail:From", "School <school@example.org>"), ("Auth:Mail:TimeoutSeconds", "1"),
    ];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                Interlocked.Increment(ref Connections);
                _ = TalkAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task TalkAsync(TcpClient client)
    {
        using var mine = client;
        try
        {
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            await using var writer = new StreamWriter(stream, Encoding.Latin1) { AutoFlush = true, NewLine = "\r\n" };
            if (Mood == SmtpMood.Silent)
                await Task.Delay(Timeout.Infinite, _stopping.Token);
            await writer.WriteLineAsync(Mood == SmtpMood.Busy ? "421 too many connections" : "220 stand-in ESMTP");
            while (Mood != SmtpMood.Busy && await reader.ReadLineAsync(_stopping.Token) is { } line && await AnswerAsync(line, reader, writer))
            {
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // Either side has gone.
        }
    }

    async Task<bool> AnswerAsync(string line, StreamReader reader, StreamWriter writer)
    {
        switch (line.Split(' ')[0].ToUpperInvariant())
        {
            case "EHLO":
                await writer.WriteLineAsync("250-stand-in\r\n250-8BITMIME\r\n250 AUTH PLAIN");
                return true;
            case "AUTH":
                Login = Encoding.UTF8.GetString(Convert.FromBase64String(line.Split(' ')[2])).Replace('\0', ' ').Trim();
                await writer.WriteLineAsync("235 welcome");
                return true;
            case "RCPT" when Mood is SmtpMood.Later or SmtpMood.Refuse:
                await writer.WriteLineAsync(Mood == SmtpMood.Later ? "451 come again" : "550 no such person");
                return true;
            case "DATA":
                await writer.WriteLineAsync("354 go on");
                var mail = await ReadMailAsync(reader);
                if (Mood == SmtpMood.HangUpAfterData)
                    return false;
                Mails.Enqueue(mail);
                await writer.WriteLineAsync("250 taken");
                return true;
            case "QUIT":
                await writer.WriteLineAsync("221 bye");
                return false;
            default:
                await writer.WriteLineAsync("250 ok");
                return true;
        }
    }

    async Task<MimeMessage> ReadMailAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync(_stopping.Token) is { } line && line != ".")
            text.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        using var bytes = new MemoryStream(Encoding.Latin1.GetBytes(text.ToString()));
        return await MimeMessage.LoadAsync(bytes, _stopping.Token);
    }
}
