using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Around;

/// <summary>Two schemas, a function that runs before each request, and all that is told beside the answer.</summary>
public sealed class AroundServer(EvolvCluster cluster)
    : RestFixture(
        cluster, "Around/around.sql", ("DbSchemas", "api, other"), ("DbPreRequest", "hooks.check"), ("ServerTimingEnabled", "true"),
        ("ServerTraceHeader", "X-Trace"), ("AppSettings", "place=test, odd=a=b"), ("DbExtraSearchPath", "hooks"));
