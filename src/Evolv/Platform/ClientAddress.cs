using System.Net;
using System.Net.Sockets;

namespace Evolv.Platform;

/// <summary>Who counts as one where there are only addresses.</summary>
static class ClientAddress
{
    /// <summary>One IPv4 address, also where it comes as IPv6; of IPv6 a /64, for who has one address there has all of them.</summary>
    internal static string Of(IPAddress? address) => address switch
    {
        null => "",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } => Convert.ToHexString(address.GetAddressBytes(), 0, 8),
        _ => address.MapToIPv4().ToString(),
    };
}
