using Evolv.Rest.Schema;

namespace Evolv.Tests.Rest.Schema;

public sealed class RelationshipBuilderTests(SchemaWorld world) : IClassFixture<SchemaWorld>
{
    [Fact]
    public void A_table_has_all_its_relationships_in_PostgRESTs_order()
        => Assert.Equal(
            [
                "projects m2o [projects_client_id_fkey client_id=number] view clients_view",
                "projects o2o parent [project_details_project_id_fkey id=project_id] view details_materialized",
                "projects o2m [members_project_id_fkey id=project_id] members",
                "projects o2m [members_project_id_fkey id=project_id] view members_view",
                "projects o2o parent [project_details_project_id_fkey id=project_id] project_details",
                "projects o2m [projects_parent_id_fkey id=parent_id] projects self",
                "projects m2o [projects_parent_id_fkey parent_id=id] projects self",
                "projects m2o [projects_parent_id_fkey parent_id=project] view projects_view",
                "projects m2o [projects_parent_id_fkey parent_id=id] view projects_view_view",
                "projects m2m [members: members_project_id_fkey id=project_id, members_user_id_fkey id=user_id] users",
                "projects m2m [members_view: members_project_id_fkey id=project_id, members_user_id_fkey id=user_id] users",
                "projects o2m [visits_project_id_fkey id=project_id] visits",
                "projects one clients by api.clients",
                "projects many projects by api.siblings self",
            ],
            world.From("projects"));

    [Fact]
    public void A_foreign_key_that_is_unique_is_one_to_one()
        => Assert.Equal(
            [
                "project_details o2o [project_details_project_id_fkey project_id=id] projects",
                "project_details o2o [project_details_project_id_fkey project_id=project] view projects_view",
                "project_details o2o [project_details_project_id_fkey project_id=id] view projects_view_view",
            ],
            world.From("project_details"));

    [Fact]
    public void A_composite_key_leads_to_another_schema()
    {
        Assert.Empty(world.From("trips"));
        Assert.Equal(
            ["trips m2o [trips_from from_y=y from_x=x] places", "trips m2o [trips_to to_y=y to_x=x] places"],
            world.From("trips", "api2"));
        Assert.Equal(
            [
                "places o2m [trips_from y=from_y x=from_x] trips",
                "places o2m [trips_to y=to_y x=to_x] trips",
                "places o2m [trips_from y=y x=x] view trips_view",
            ],
            world.Schema.RelationshipsFrom(new("api2", "places"), "api").Select(SchemaWorld.Describe));
    }

    [Fact]
    public void A_view_has_the_keys_that_it_shows_whole()
    {
        Assert.Equal(["view trips_view m2o [trips_from y=y x=x] places"], world.From("trips_view", "api2"));
        Assert.Empty(world.From("trips_part", "api2"));
    }

    [Fact]
    public void A_column_that_a_view_shows_twice_is_the_key_twice()
        => Assert.Equal(
            [
                "view projects_view m2o [projects_client_id_fkey client=id] clients",
                "view projects_view m2o [projects_client_id_fkey client}again=id] clients",
                "view projects_view m2o [projects_client_id_fkey client=number] view clients_view",
                "view projects_view m2o [projects_client_id_fkey client}again=number] view clients_view",
            ],
            world.From("projects_view").Where(text => text.Contains("clients", StringComparison.Ordinal)));

    [Fact]
    public void A_view_of_a_view_has_the_keys_of_the_table_below()
        => Assert.Equal(
            [
                "view projects_view_view m2o [projects_client_id_fkey client=id] clients",
                "view projects_view_view m2o [projects_client_id_fkey client=number] view clients_view",
                "view projects_view_view o2o parent [project_details_project_id_fkey id=project_id] view details_materialized",
                "view projects_view_view o2m [members_project_id_fkey id=project_id] members",
                "view projects_view_view o2m [members_project_id_fkey id=project_id] view members_view",
                "view projects_view_view o2o parent [project_details_project_id_fkey id=project_id] project_details",
                "view projects_view_view o2m [projects_parent_id_fkey id=parent_id] projects",
                "view projects_view_view m2m [members: members_project_id_fkey id=project_id, members_user_id_fkey id=user_id] users",
                "view projects_view_view m2m [members_view: members_project_id_fkey id=project_id, members_user_id_fkey id=user_id] users",
                "view projects_view_view o2m [visits_project_id_fkey id=project_id] visits",
            ],
            world.From("projects_view_view"));

    [Fact]
    public void A_view_is_not_followed_into_a_schema_that_is_neither_exposed_nor_on_the_search_path()
        => Assert.Empty(world.From("clients_through_hidden"));

    [Fact]
    public void Many_to_many_needs_both_keys_in_the_primary_key_of_an_exposed_junction()
    {
        var manyToMany = world.From("users").Where(text => text.Contains("m2m", StringComparison.Ordinal)).ToList();

        // Neither visits, which has a key of its own, nor friends, which is hidden.
        Assert.Equal(
            [
                "users m2m [members: members_user_id_fkey id=user_id, members_project_id_fkey id=project_id] projects",
                "users m2m [members_view: members_user_id_fkey id=user_id, members_project_id_fkey id=project_id] projects",
                "users m2m [members: members_user_id_fkey id=user_id, members_project_id_fkey project=project_id] view projects_view",
                "users m2m [members_view: members_user_id_fkey id=user_id, members_project_id_fkey project=project_id] view projects_view",
                "users m2m [members: members_user_id_fkey id=user_id, members_project_id_fkey id=project_id] view projects_view_view",
                "users m2m [members_view: members_user_id_fkey id=user_id, members_project_id_fkey id=project_id] view projects_view_view",
            ],
            manyToMany);
    }

    [Fact]
    public void A_partitioned_table_stands_for_its_partitions()
    {
        Assert.Equal(
            [
                "events m2o [events_client_id_fkey client_id=id] clients",
                "events m2o [events_client_id_fkey client_id=number] view clients_view",
            ],
            world.From("events"));
        Assert.Empty(world.From("events_2026"));
    }

    [Fact]
    public void A_function_hides_the_keys_to_the_table_of_its_name_and_stands_beside_others()
    {
        Assert.DoesNotContain(world.From("projects"), text => text.EndsWith("] clients", StringComparison.Ordinal));
        Assert.Equal(
            ["clients o2m [projects_client_id_fkey id=client_id] projects", "clients one projects by api.latest_project"],
            world.From("clients").Where(text => text.EndsWith(" projects", StringComparison.Ordinal) || text.Contains(" by ")));
    }

    [Fact]
    public void Nothing_leads_to_what_is_hidden()
        => Assert.All(world.Schema.Relationships.Values.SelectMany(all => all), relationship =>
        {
            Assert.NotEqual("hidden", relationship.ForeignTable.Schema);
            Assert.NotEqual("hidden", relationship.Table.Schema);
        });

    [Fact]
    public void A_key_that_is_shown_in_several_columns_each_makes_all_choices()
    {
        QualifiedName table = new("s", "t"), foreign = new("s", "f"), view = new("s", "v");
        var key = new ForeignKeyRow(1, table, foreign, "fk", [new("a", "x"), new("b", "y")], IsOneToOne: false);
        var shown = new ViewKey(view, 1, ViewKeyKind.ForeignKey, [["a1", "a2"], ["b1", "b2"]]);

        var relationships = new RelationshipBuilder(new Dictionary<QualifiedName, System.Collections.Immutable.ImmutableArray<string>>(), ["s"])
            .Build([key], [shown], []);

        Assert.Equal(
            [
                "view v m2o [fk a1=x b1=y] f",
                "view v m2o [fk a1=x b2=y] f",
                "view v m2o [fk a2=x b1=y] f",
                "view v m2o [fk a2=x b2=y] f",
            ],
            relationships[(view, "s")].Select(SchemaWorld.Describe));
    }
}
