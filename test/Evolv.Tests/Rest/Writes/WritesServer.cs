using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Writes;

/// <summary>Tables of all kinds to write to. Most tests roll back what they write, with <see cref="Trial"/>.</summary>
public sealed class WritesServer(EvolvCluster cluster)
    : RestFixture(cluster, "Writes/writes.sql", ("DbTxEnd", "commit-allow-override"))
{
    internal const string Trial = "Prefer: tx=rollback";

    internal const string TrialRows = "Prefer: return=representation, tx=rollback";

    internal const string Singular = "Accept: application/vnd.pgrst.object+json";

    string? _guest;

    /// <summary>Headers of somebody who is signed in.</summary>
    internal string Guest => $"Authorization: Bearer {_guest}";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _guest = await Api.Server.TokenOfGuestAsync();
    }
}
