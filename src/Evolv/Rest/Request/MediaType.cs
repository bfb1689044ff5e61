namespace Evolv.Rest.Request;

/// <summary>A media type of <c>Accept</c> or <c>Content-Type</c>, compared by what it means here.</summary>
abstract record MediaType
{
    MediaType() { } // Closed: only the cases below.

    internal static readonly MediaType Json = new Named("application/json");
    internal static readonly MediaType GeoJson = new Named("application/geo+json");
    internal static readonly MediaType Csv = new Named("text/csv");
    internal static readonly MediaType PlainText = new Named("text/plain");
    internal static readonly MediaType Xml = new Named("text/xml");
    internal static readonly MediaType OpenApi = new Named("application/openapi+json");
    internal static readonly MediaType UrlEncoded = new Named("application/x-www-form-urlencoded");
    internal static readonly MediaType OctetStream = new Named("application/octet-stream");
    internal static readonly MediaType Any = new Named("*/*");

    /// <summary>The text as it is sent, without a charset.</summary>
    internal abstract string Mime { get; }

    /// <summary>The value of <c>Content-Type</c>.</summary>
    internal string ContentType => this is Other || this == OctetStream ? Mime : Mime + "; charset=utf-8";

    /// <summary>A type that PostgREST knows by name.</summary>
    internal sealed record Named(string Text) : MediaType
    {
        internal override string Mime => Text;
    }

    /// <summary>Any other; a function or aggregate of the database may produce it.</summary>
    internal sealed record Other(string Text) : MediaType
    {
        internal override string Mime => Text;
    }

    /// <summary><c>application/vnd.pgrst.array+json;nulls=stripped</c></summary>
    internal sealed record ArrayStripped : MediaType
    {
        internal override string Mime => "application/vnd.pgrst.array+json;nulls=stripped";
    }

    /// <summary><c>application/vnd.pgrst.object+json</c>: exactly one row.</summary>
    internal sealed record Singular(bool StripNulls) : MediaType
    {
        internal override string Mime => StripNulls ? "application/vnd.pgrst.object+json;nulls=stripped" : "application/vnd.pgrst.object+json";
    }

    /// <summary><c>application/vnd.pgrst.plan+json; for="…"; options=analyze|verbose</c>: EXPLAIN instead of rows.</summary>
    /// <param name="Options">Of analyze, verbose, settings, buffers, wal, in this order, joined by <c>|</c>.</param>
    internal sealed record Plan(MediaType For, bool IsJson, string Options) : MediaType
    {
        internal override string Mime
            => $"application/vnd.pgrst.plan+{(IsJson ? "json" : "text")}; for=\"{For.Mime}\"{(Options.Length > 0 ? $"; options={Options}" : "")}";
    }
}
