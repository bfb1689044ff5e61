namespace Evolv.Platform.Http;

/// <summary>
/// Where https is served, plain http is for probes alone. The API refuses it, as a redirect would hide that a token has
/// been sent for everybody to read; pages send people on.
/// </summary>
static class HttpsOnly
{
    /// <summary>Before CORS, so that a browser hears of it when it asks for permission, and sends no token.</summary>
    internal static void UseHttpsOnly(this WebApplication app, ServerOptions server, HttpFamily[] families)
    {
        app.UseHsts(); // Behind a proxy that ends https, too.
        if (!server.ReadUrls().Any(IsHttps))
            return;
        app.Use((context, next) =>
        {
            var request = context.Request;
            if (request.IsHttps)
                return next(context);
            if (families.Find(request.Path) is not null)
                throw new BadHttpRequestException("Send requests over https; this address is plain http.", StatusCodes.Status403Forbidden);
            if (HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            {
                var port = BindingAddress.Parse(app.Urls.First(IsHttps)).Port;
                var host = port == 443 ? new HostString(request.Host.Host) : new HostString(request.Host.Host, port);
                context.Response.Redirect($"https://{host}{request.PathBase}{request.Path}{request.QueryString}", permanent: true, preserveMethod: true);
                return Task.CompletedTask;
            }

            return next(context);
        });
    }

    internal static bool IsHttps(string url) => url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
