using System.Collections.Immutable;
using System.Globalization;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>
/// select, filters, order and ranges → a tree of tables to read. The steps and their order are PostgREST's, so that a request
/// that is wrong in two ways gets the same error.
/// </summary>
sealed class ReadPlanner(RestSnapshot snapshot, ApiRequest request)
{
    readonly SchemaCache _schema = snapshot.Schema!;
    readonly RestConfig _config = snapshot.Config;
    readonly FieldResolver _fields = new(snapshot.Schema!);
    readonly List<(ReadPlan Plan, Filter Filter)> _filters = [];
    readonly List<(ReadPlan Plan, ImmutableArray<OrderTerm> Terms)> _orders = [];
    readonly List<(ReadPlan Plan, Logic Logic)> _logic = [];

    /// <param name="table">The table at the top; for a call, the one whose rows come back.</param>
    internal ReadPlan Plan(QualifiedName table)
    {
        var items = request.Query.Select;
        var top = new ReadPlan(table.Name, table, depth: 0) { Columns = Columns(items), Embeds = Embeds(items, table.Schema, depth: 1) };
        AttachParameters(top);
        if (request.Action is not RequestAction.Read)
            (top.From, top.FromAlias) = (ReadPlan.SourceRows, table.Name);
        Embed(top, top.FromAlias ?? table.Name);
        var plans = top.SelfAndEmbeds();
        ResolveFields(plans, table);
        Stars.Expand(top, _schema, _fields, table);
        foreach (var plan in plans.Where(plan => plan.Select.Any(NeedsAlias)))
            plan.Select = [.. plan.Select.Select(field => WithAlias(field, plan.Spread is not null))];
        ResolveRelatedOrders(plans);
        ResolveNullEmbeds(plans);
        Spreads.AddSelects(top);
        if (!_config.AggregatesEnabled && plans.Any(plan => plan.Select.Any(field => field.Aggregate is not null)))
            throw RestError.AggregatesDisabled();
        if (!request.IsMutation)
        {
            foreach (var plan in plans)
                plan.Range = plan.Range.Restrict(_config.MaxRows);
        }

        Spreads.Hoist(top);
        Spreads.MoveOrders(top);
        return top;
    }

    static ImmutableArray<SelectItem.Column> Columns(ImmutableArray<SelectItem> items) => [.. items.OfType<SelectItem.Column>()];

    static ImmutableArray<ReadPlan> Embeds(ImmutableArray<SelectItem> items, string schema, int depth)
    {
        if (items.All(item => item is SelectItem.Column))
            return [];
        return
        [
            .. items.Where(item => item is not SelectItem.Column).Select(item => item switch
            {
                SelectItem.Embed embed => new ReadPlan(embed.Name, new(schema, embed.Name), depth)
                {
                    Alias = embed.Alias, Hint = embed.Hint, Join = embed.Join,
                    Columns = Columns(embed.Items), Embeds = Embeds(embed.Items, schema, depth + 1),
                },
                SelectItem.Spread spread => new ReadPlan(spread.Name, new(schema, spread.Name), depth)
                {
                    Hint = spread.Hint, Join = spread.Join, Spread = new SpreadKind.ToOne(),
                    Columns = Columns(spread.Items), Embeds = Embeds(spread.Items, schema, depth + 1),
                },
                _ => throw new System.Diagnostics.UnreachableException(),
            }),
        ];
    }

    /// <summary>Finds the table that each parameter is about. Those of the top of a write are the write's own.</summary>
    void AttachParameters(ReadPlan top)
    {
        var query = request.Query;
        foreach (var (path, filter) in query.Filters)
        {
            if (IsForReading(path))
                _filters.Add((FindEmbed(top, path), filter));
        }

        foreach (var (path, terms) in query.Orders)
            _orders.Add((FindEmbed(top, path), terms));
        if (!request.IsMutation)
        {
            foreach (var (path, range) in query.Ranges)
                FindEmbed(top, path).Range = range;
        }

        foreach (var (path, logic) in query.Logic)
        {
            if (IsForReading(path))
                _logic.Add((FindEmbed(top, path), logic));
        }
    }

    bool IsForReading(ImmutableArray<string> path) => !request.IsMutation || !path.IsEmpty;

    ReadPlan FindEmbed(ReadPlan top, ImmutableArray<string> path)
    {
        var plan = top;
        foreach (var name in path)
        {
            var byTarget = plan.Embeds.FirstOrDefault(embed => embed.Name == name || embed.Alias == name);
            var found = _config.LegacyTargetNames ? byTarget : plan.Embeds.FirstOrDefault(embed => embed.NameInRequest == name);
            if (found is null)
            {
                throw byTarget?.Alias is { } alias && alias != name
                    ? RestError.NotEmbeddedByTargetName(name, alias)
                    : RestError.NotEmbedded(name);
            }

            if (found.Alias is { } other && other != name)
                found.IsNamedByTarget = true;
            plan = found;
        }

        return plan;
    }

    /// <summary>Finds the relationships of all embeds and names their tables in the statement.</summary>
    /// <param name="origin">The name of the parent's table in the schema.</param>
    void Embed(ReadPlan parent, string origin)
    {
        foreach (var plan in parent.Embeds)
        {
            var relationship = Embedding.Find(_schema, request.Schema, origin, plan.Name, plan.Hint);
            var alias = string.Create(CultureInfo.InvariantCulture, $"{relationship.ForeignTable.Name}_{plan.Depth}");
            plan.From = relationship.ForeignTable;
            plan.Relationship = relationship;
            plan.AggregateAlias = string.Create(
                CultureInfo.InvariantCulture, $"{relationship.Table.Name}_{plan.NameInRequest}_{plan.Depth}");
            if (plan.Spread is not null && !relationship.IsToOne)
                plan.Spread = new SpreadKind.ToMany([], []);
            var parentName = parent.FromAlias is { } parentAlias ? new QualifiedName("", parentAlias) : relationship.Table;
            switch (relationship)
            {
                case Relationship.Computed:
                    plan.FromAlias = alias;
                    plan.ParentRow = parentName;
                    break;
                case Relationship.Key { Cardinality: Cardinality.ManyToMany many } key:
                    // Joined to its junction in the same FROM, under its own name.
                    plan.JoinConditions =
                    [
                        .. many.Target.Select(pair => new JoinCondition(many.Junction, pair.ForeignColumn, key.ForeignTable, pair.Column)),
                        .. many.Source.Select(pair => new JoinCondition(many.Junction, pair.ForeignColumn, parentName, pair.Column)),
                    ];
                    break;
                case Relationship.Key key:
                    plan.FromAlias = alias;
                    plan.JoinConditions =
                        [.. key.Cardinality.Pairs.Select(pair => new JoinCondition(new("", alias), pair.ForeignColumn, parentName, pair.Column))];
                    break;
            }

            Embed(plan, relationship.ForeignTable.Name);
        }
    }

    void ResolveFields(IReadOnlyList<ReadPlan> plans, QualifiedName table)
    {
        QualifiedName TableOf(ReadPlan plan) => plan.Depth == 0 ? table : plan.From;

        foreach (var plan in plans)
        {
            plan.Select =
            [
                .. plan.Columns.Select(column => new SelectField(
                    _fields.ForOutput(TableOf(plan), column.Field), column.Aggregate, column.AggregateCast, column.Cast, column.Alias)),
            ];
        }

        foreach (var (plan, terms) in _orders)
        {
            plan.Order =
            [
                .. terms.Select(term => new PlanOrder(
                    term.Relation,
                    term.Relation is null ? _fields.ForOrder(TableOf(plan), term.Field) : new PlanField(term.Field.Name, term.Field.Path),
                    term.Direction, term.Nulls)),
            ];
        }

        foreach (var (plan, logic) in _logic)
            plan.Where = plan.Where.Add(Resolve(logic, TableOf(plan), _fields));
        foreach (var (plan, filter) in _filters)
            plan.Where = plan.Where.Add(Resolve(filter, TableOf(plan), _fields));
    }

    internal static PlanLogic Resolve(Logic logic, QualifiedName table, FieldResolver fields) => logic switch
    {
        Logic.Leaf(var filter) => Resolve(filter, table, fields),
        Logic.Branch branch => new PlanLogic.Branch(
            branch.Negated, branch.Operator, [.. branch.Terms.Select(term => Resolve(term, table, fields))]),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    internal static PlanLogic Resolve(Filter filter, QualifiedName table, FieldResolver fields)
        => new PlanLogic.Leaf(fields.ForFilter(table, filter.Field, filter.Operation), filter.Negated, filter.Operation);

    static bool NeedsAlias(SelectField field)
        => field.Alias is null && (field.Aggregate is not null || !field.Field.Path.IsEmpty || field.Field.Transform is not null);

    // The last key names what a JSON path finds; an index takes the key before it.
    static SelectField WithAlias(SelectField field, bool isSpread)
    {
        if (field.Alias is not null)
            return field;
        if (field.Aggregate is { } aggregate)
            return isSpread ? field with { Alias = Lower(aggregate) } : field;
        if (field.Field.Path is { IsEmpty: false } path)
            return field with { Alias = path.LastOrDefault(step => !step.IsIndex).Operand ?? field.Field.Name };
        return field.Field.Transform is null ? field : field with { Alias = field.Field.Name };
    }

    static string Lower(Aggregate aggregate) => aggregate switch
    {
        Aggregate.Sum => "sum",
        Aggregate.Avg => "avg",
        Aggregate.Count => "count",
        Aggregate.Max => "max",
        Aggregate.Min => "min",
    };

    /// <summary><c>order=rel(col)</c> needs an embed that has one row.</summary>
    static void ResolveRelatedOrders(IReadOnlyList<ReadPlan> plans)
    {
        foreach (var plan in plans.Where(plan => !plan.Order.IsEmpty))
        {
            plan.Order = [.. plan.Order.Select(term => term.Relation is { } relation ? WithEmbed(term, relation, plan) : term)];
        }
    }

    static PlanOrder WithEmbed(PlanOrder term, string relation, ReadPlan plan)
    {
        var embed = plan.Embeds.FirstOrDefault(embed => embed.NameInRequest == relation) ?? throw RestError.NotEmbedded(relation);
        var origin = plan.From == ReadPlan.SourceRows ? plan.FromAlias! : plan.From.Name;
        return embed.Relationship!.IsToOne
            ? term with { Relation = embed.AggregateAlias }
            : throw RestError.RelatedOrderNotToOne(origin, embed.NameInRequest);
    }

    /// <summary><c>rel=is.null</c> asks whether an embed found nothing.</summary>
    static void ResolveNullEmbeds(IReadOnlyList<ReadPlan> plans)
    {
        foreach (var plan in plans.Where(plan => !plan.Embeds.IsEmpty))
            plan.Where = [.. plan.Where.Select(logic => WithNullEmbeds(logic, plan.Embeds))];
    }

    static PlanLogic WithNullEmbeds(PlanLogic logic, ImmutableArray<ReadPlan> embeds) => logic switch
    {
        PlanLogic.Branch branch => branch with { Terms = [.. branch.Terms.Select(term => WithNullEmbeds(term, embeds))] },
        PlanLogic.Leaf { Field.Path.IsEmpty: true, Operation: Operation.Is { Value: IsValue.Null } } leaf
            when embeds.FirstOrDefault(embed => embed.NameInRequest == leaf.Field.Name) is { } embed
            => new PlanLogic.NullEmbed(leaf.Negated, embed.AggregateAlias),
        _ => logic,
    };
}
