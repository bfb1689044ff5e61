using System.Collections.Immutable;
using Evolv.Platform.Lint;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Lint;

/// <summary>What the lints find and what they leave alone: <c>Cases/&lt;lint&gt;.sql</c>, each on top of our own schema.</summary>
public sealed class LinterTests(EvolvCluster cluster, LinterTests.Migrated migrated) : IClassFixture<LinterTests.Migrated>
{
    // Supabase's names. Its documentation and its users know them, so they never change.
    static readonly string[] Advisors =
    [
        "anon_security_definer_function_executable", "auth_rls_initplan", "auth_users_exposed",
        "authenticated_security_definer_function_executable", "duplicate_index", "extension_in_public",
        "extension_versions_outdated", "fkey_to_auth_unique", "foreign_table_in_api", "function_search_path_mutable",
        "insecure_queue_exposed_in_api", "materialized_view_in_api", "multiple_permissive_policies", "no_primary_key",
        "pg_graphql_anon_table_exposed", "pg_graphql_authenticated_table_exposed", "policy_exists_rls_disabled",
        "public_bucket_allows_listing", "rls_disabled_in_public", "rls_enabled_no_policy", "rls_policy_always_true",
        "rls_references_user_metadata", "security_definer_view", "sensitive_columns_exposed", "table_bloat",
        "unindexed_foreign_keys", "unsupported_reg_types", "unused_index",
    ];

    static readonly string[] Own = [.. LintRule.All.Select(rule => rule.Name).Except(Advisors)];

    public static TheoryData<string> Lints => [.. LintRule.All.Select(rule => rule.Name)];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void All_of_supabases_advisors_and_at_least_12_of_our_own_are_there()
    {
        var missing = Advisors.Except(LintRule.All.Select(rule => rule.Name));

        Assert.Empty(missing);
        Assert.InRange(Own.Length, 12, int.MaxValue);
    }

    [Fact]
    public async Task Our_own_schema_has_no_findings()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();

        var findings = await Linter.RunAsync(owner, Token);

        Assert.Equal([], findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task A_database_without_anything_has_no_findings()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();

        var findings = await Linter.RunAsync(owner, Token);

        Assert.Equal([], findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task The_schema_of_the_specification_trips_ten_of_our_own_lints()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(LintCase.Resource("SeedSchema.sql"));
        await using var owner = await database.OpenOwnerAsync();

        var findings = await Linter.RunAsync(owner, Token);

        Assert.Equal(
            [
                "default_privileges_open", "embed_target_without_foreign_key", "materialized_view_without_unique_index", "policy_to_public",
                "prefix_redundant_index", "public_function_writes", "published_table_without_rls", "ranking_over_nullable_column",
                "service_role_policy", "soft_delete_ignored_by_select_policy", "system_column_writable",
                "trigger_invoker_writes_other_rls_table", "truncate_granted_to_api_role",
            ],
            Names(findings).Distinct().Intersect(Own));
        // As many as Supabase's own advisors report on it.
        Assert.Equal(16, findings.Count(finding => finding.Name == "rls_disabled_in_public"));
        Assert.Equal(12, findings.Count(finding => finding.Name == "auth_rls_initplan"));
        Assert.Equal(10, findings.Count(finding => finding.Name == "unindexed_foreign_keys"));
        Assert.Equal(1, findings.Count(finding => finding.Name == "auth_users_exposed"));
    }

    [Fact]
    public async Task Linting_leaves_the_connection_as_it_was()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();

        await Linter.RunAsync(owner, Token);

        await using var command = new NpgsqlCommand(
            "select concat_ws(' ', current_setting('search_path'), current_setting('transaction_read_only'))", owner);
        Assert.Equal("\"$user\", public off", await command.ExecuteScalarAsync(Token));
    }

    [Theory]
    [MemberData(nameof(Lints))]
    public async Task A_case_trips_its_lint_alone_and_its_counterpart_does_not(string lint)
    {
        var rule = LintRule.All.Single(rule => rule.Name == lint);
        var lintCase = LintCase.Of(lint);

        Assert.Equal(lintCase.Expected, await LintAsync(lintCase.Trips, LintRule.All));
        Assert.Empty(await LintAsync(lintCase.DoesNotTrip, [rule]));

        async Task<string[]> LintAsync(string script, ImmutableArray<LintRule> rules)
            => lint == "unused_index"
                ? await CommitAndLintAsync(script, rules)
                : await LintAndRollBackAsync(script, rules);
    }

    async Task<string[]> LintAndRollBackAsync(string script, ImmutableArray<LintRule> rules)
    {
        await using var transaction = await migrated.Owner.BeginTransactionAsync(Token);
        await ExecuteAsync(migrated.Owner, script);
        return Names(await Linter.FindAsync(migrated.Owner, rules, Token));
    }

    // Counters of use arrive only after a commit, and then at their leisure.
    async Task<string[]> CommitAndLintAsync(string script, ImmutableArray<LintRule> rules)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();
        await ExecuteAsync(owner, script);
        await ExecuteAsync(owner, "select pg_stat_force_next_flush()");
        return Names(await Linter.FindAsync(owner, rules, Token));
    }

    static string[] Names(IEnumerable<LintFinding> findings)
        => [.. findings.Select(finding => finding.Name).Order(StringComparer.Ordinal)];

    static async Task ExecuteAsync(NpgsqlConnection owner, string script)
    {
        await using var command = new NpgsqlCommand(script, owner);
        await command.ExecuteNonQueryAsync(Token);
    }

    /// <summary>A database with our schema, in which every case is rolled back.</summary>
    public sealed class Migrated(EvolvCluster cluster) : IAsyncLifetime
    {
        TestDatabase? _database;
        NpgsqlConnection? _owner;

        internal NpgsqlConnection Owner => _owner!;

        public async ValueTask InitializeAsync()
        {
            _database = await cluster.CreateDatabaseAsync();
            _owner = await _database.OpenOwnerAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Owner.DisposeAsync();
            await _database!.DisposeAsync();
        }
    }
}
