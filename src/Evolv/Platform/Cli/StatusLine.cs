namespace Evolv.Platform.Cli;

/// <summary>A line that a family adds to what <c>start</c> and <c>status</c> print.</summary>
/// <param name="Name">As in <c>status -o env</c>.</param>
/// <param name="ValueAt">Its value where Evolv has this address; empty for no line.</param>
sealed record StatusLine(string Name, Func<string, string> ValueAt);
