using System.Globalization;

namespace Evolv.Auth;

/// <summary>Which page of a list is asked for, and the headers from which clients learn what else there is.</summary>
readonly record struct Paging(long Page, int PerPage)
{
    const int Usual = 50;
    const int Most = 1000;
    const long LastPage = int.MaxValue; // So that the offset fits into PostgreSQL's.

    internal long Offset => (Page - 1) * PerPage;

    /// <summary>Empty is the default: auth-js sends <c>page=&amp;per_page=</c>.</summary>
    /// <exception cref="AuthError">Not numbers that make a page, in Go's words.</exception>
    internal static Paging Read(HttpRequest request)
    {
        var page = Read(request, "page") ?? 1;
        var perPage = Read(request, "per_page") ?? Usual;
        if (perPage == 0)
            throw Bad("per_page must be greater than 0");
        return new Paging((long)Math.Clamp(page, 1, LastPage), (int)Math.Min(perPage, Most));
    }

    /// <summary>X-Total-Count, and Link: auth-js takes the number after the first <c>=</c> for the page.</summary>
    internal void WriteHeaders(HttpContext context, long total)
    {
        var last = Math.Max(1, (total + PerPage - 1) / PerPage);
        var rest = string.Concat(context.Request.Query
            .Where(parameter => parameter.Key is not ("page" or "per_page"))
            .Select(parameter => $"&{Uri.EscapeDataString(parameter.Key)}={Uri.EscapeDataString(parameter.Value.ToString())}"));
        var (path, perPage) = (context.Request.Path.ToUriComponent(), PerPage);
        var links = Page < last ? $"{Link(Page + 1, "next")}, {Link(last, "last")}" : Link(last, "last");
        context.Response.Headers["X-Total-Count"] = total.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.Link = links;

        string Link(long page, string rel) => $"<{path}?page={page}&per_page={perPage}{rest}>; rel=\"{rel}\"";
    }

    static ulong? Read(HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        if (text.Any(character => !char.IsAsciiDigit(character)))
            throw Bad($"strconv.ParseUint: parsing \"{text}\": invalid syntax");
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Bad($"strconv.ParseUint: parsing \"{text}\": value out of range");
    }

    static AuthError Bad(string why) => AuthError.Invalid($"Bad Pagination Parameters: {why}");
}
