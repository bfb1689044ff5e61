namespace Evolv.Auth.Import;

/// <summary>From the temporary tables of an import to those of /auth/v1. What exists already stays as it is.</summary>
static class ImportSql
{
    internal const string Users =
        """
        with made as (
            insert into auth.users (
                id, email, phone, encrypted_password, raw_app_meta_data, raw_user_meta_data, is_sso_user, is_anonymous, email_confirmed_at,
                phone_confirmed_at, invited_at, last_sign_in_at, banned_until, deleted_at, created_at, updated_at)
            select
                id, email, phone, encrypted_password, raw_app_meta_data, raw_user_meta_data, is_sso_user, is_anonymous, email_confirmed_at,
                phone_confirmed_at, invited_at, last_sign_in_at, banned_until, deleted_at, coalesce(created_at, now()), coalesce(updated_at, now())
            from import_users
            order by position
            on conflict do nothing
            returning id
        )
        insert into import_made (id) select id from made
        """;

    // Only of accounts that came with it: a way into one that was here before is for its owner to add.
    internal const string Identities =
        """
        insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
        select
            coalesce(i.id, gen_random_uuid()), i.provider_id, i.user_id, i.identity_data, i.provider, i.last_sign_in_at,
            coalesce(i.created_at, now()), coalesce(i.updated_at, now())
        from import_identities i
        join import_made m on m.id = i.user_id
        order by i.position
        on conflict do nothing
        """;

    // Who signed in with a provider alone gets theirs when they come back with it.
    internal const string MissingIdentities =
        """
        insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
        select
            gen_random_uuid(), u.id::text, u.id,
            jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', u.email_confirmed_at is not null, 'phone_verified', false),
            'email', u.last_sign_in_at, u.created_at, u.created_at
        from auth.users u
        join import_made m on m.id = u.id
        where u.email is not null and not u.is_sso_user and not u.is_anonymous and u.deleted_at is null
            and coalesce(jsonb_exists(u.raw_app_meta_data -> 'providers', 'email'), true)
            and not exists (select from auth.identities i where i.user_id = u.id)
        on conflict do nothing
        """;

    // Without the second factor that raised some of them: its secret stays behind. Those of OAuth clients, which stay behind as well, would
    // become the person's own.
    internal const string Sessions =
        """
        insert into auth.sessions (id, user_id, created_at, updated_at, not_after, refreshed_at, user_agent, ip)
        select s.id, s.user_id, coalesce(s.created_at, now()), coalesce(s.updated_at, now()), s.not_after, s.refreshed_at, s.user_agent, s.ip::inet
        from import_sessions s
        join import_made m on m.id = s.user_id
        join auth.users u on u.id = s.user_id and u.deleted_at is null
        where s.oauth_client_id is null
        order by s.position
        on conflict do nothing
        """;

    internal const string RefreshTokens =
        """
        insert into auth.refresh_tokens (token, user_id, session_id, parent, revoked, created_at, updated_at)
        select t.token, t.user_id, t.session_id, t.parent, t.revoked, coalesce(t.created_at, now()), coalesce(t.updated_at, now())
        from import_refresh_tokens t
        join import_made m on m.id = t.user_id
        join auth.sessions s on s.id = t.session_id and s.user_id = t.user_id
        order by t.position
        on conflict do nothing
        """;
}
