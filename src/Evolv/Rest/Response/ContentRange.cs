using System.Globalization;

namespace Evolv.Rest.Response;

/// <summary>The header <c>Content-Range</c> and the status that goes with it.</summary>
static class ContentRange
{
    /// <summary><c>0-9/100</c>; <c>*</c> for no rows and for a total that nobody asked for.</summary>
    internal static string Format(long first, long last, long? total)
    {
        var range = total != 0 && first <= last ? string.Create(CultureInfo.InvariantCulture, $"{first}-{last}") : "*";
        return string.Create(CultureInfo.InvariantCulture, $"{range}/{(total is { } all ? all : "*")}");
    }

    /// <summary>206 for a part of what there is, 416 for an offset beyond it; just at its end is no error.</summary>
    internal static int Status(long first, long rows, long? total) => total switch
    {
        null => 200,
        { } all when first > all => 416,
        { } all when rows < all => 206,
        _ => 200,
    };
}
