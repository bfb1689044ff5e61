using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Evolv.Platform.Http;

/// <summary>Brotli and gzip for whoever asks for them.</summary>
static class Compression
{
    internal static void AddCompression(this IServiceCollection services)
    {
        services.AddResponseCompression();
        // Answers are made for each request: a better ratio would cost more time than it saves on the way.
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
        services.AddSingleton<IResponseCompressionProvider, AnswerCompression>();
    }

    internal static void UseCompression(this IApplicationBuilder app)
    {
        // The framework says it to those alone who accept an encoding; a cache would hand them what another got plain.
        app.Use((context, next) =>
        {
            context.Response.Headers.Append("Vary", "Accept-Encoding");
            return next(context);
        });
        app.UseResponseCompression();
    }
}

/// <summary>
/// What is compressed: text whose length is known and worth it. What has no length yet is a stream of events or small. The length
/// of a compressed answer tells of secrets beside words of an attacker (BREACH), so a family that hands out secrets is left out.
/// The others are safe: such an attack needs a browser that adds credentials by itself, and Evolv takes no cookies.
/// </summary>
sealed class AnswerCompression(IServiceProvider services, IOptions<ResponseCompressionOptions> options, IEnumerable<HttpFamily> families)
    : ResponseCompressionProvider(services, options)
{
    const int Smallest = 1024;

    readonly HttpFamily[] _families = [.. families];

    // The framework's own rule would leave out every answer with Content-Range, which counts rows at /rest/v1.
    public override bool ShouldCompressResponse(HttpContext context)
        => context.Response is { ContentLength: >= Smallest, ContentType: { } type } &&
            IsText(type.AsSpan()) && StringValues.IsNullOrEmpty(context.Response.Headers.ContentEncoding) &&
            _families.Find(context.Request.Path) is not { HasSecrets: true };

    static bool IsText(ReadOnlySpan<char> contentType)
    {
        var type = contentType[..(contentType.IndexOf(';') is var end and >= 0 ? end : contentType.Length)].Trim();
        return type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) ||
            type.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase) ||
            type.EndsWith("/xml", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase) ||
            type.EndsWith("+text", StringComparison.OrdinalIgnoreCase);
    }
}
