using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Calls;

/// <summary>Functions of all kinds to call.</summary>
public sealed class CallsServer(EvolvCluster cluster) : RestFixture(cluster, "Calls/calls.sql", ("DbTxEnd", "commit-allow-override"));
