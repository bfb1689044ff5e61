using Evolv.Rest.Request;

namespace Evolv.Rest.Schema;

/// <summary>What turns rows into the body of an answer.</summary>
abstract record MediaHandler
{
    MediaHandler() { } // Closed: only the cases below.

    internal sealed record Json : MediaHandler;

    internal sealed record SingleJson(bool StripNulls) : MediaHandler;

    internal sealed record ArrayJsonStripped : MediaHandler;

    internal sealed record Csv : MediaHandler;

    internal sealed record GeoJson : MediaHandler;

    /// <summary>A function or an aggregate of the database whose result is a domain named as the media type.</summary>
    /// <param name="Target">The table whose rows it takes; null for <c>anyelement</c>.</param>
    /// <param name="AsText">Whether what it makes must become text to be sent: an enum, a number.</param>
    internal sealed record Custom(QualifiedName Function, QualifiedName? Target, bool AsText = false) : MediaHandler;

    /// <summary>Nothing: the answer has no body.</summary>
    internal sealed record None : MediaHandler;
}

/// <param name="Target">The table or function that it is for; null for any.</param>
/// <param name="MediaType">What the client accepts.</param>
readonly record struct MediaHandlerKey(QualifiedName? Target, MediaType MediaType);

/// <param name="MediaType">What is sent: <c>*/*</c> has become a real type.</param>
sealed record ResolvedHandler(MediaHandler Handler, MediaType MediaType);
