-- title: Sensitive columns exposed
-- level: ERROR
-- category: SECURITY
-- description: A table of an exposed schema without row-level security has columns whose names say that they hold
--   credentials or personal data.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0023_sensitive_columns_exposed

select
    format('Table `%s.%s` is exposed without row-level security and has %s.', r.schema, r.name,
        string_agg(format('`%s`', c.name), ', ' order by c.number)),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table', 'columns', jsonb_agg(c.name order by c.number)),
    format('%s_%s', r.schema, r.name)
from relations r
join columns c on c.relation = r.oid
where r.exposed
    and r.is_table
    and not r.has_rls
    and lower(c.name) ~ concat(
        '(^|_)(password|passwd|pwd|passphrase|passcode|secret|pin|otp|totp|salt|token|credential|credentials|private_?key|api_?key|',
        'access_?key|encryption_?key|session_?id|ssn|social_?security(_number)?|sin|national_?id|tax_?id|vat_?id|passport(_number)?|',
        'driver_?licen[cs]e(_number)?|date_of_birth|dob|birth_?date|credit_?card(_number)?|card_number|cvv|cvc|iban|bic|',
        'bank_account(_number)?|account_number|routing_number|salary|diagnosis|medical_record|health_?record)(_(hash|hashed|encrypted))?$')
group by r.schema, r.name
