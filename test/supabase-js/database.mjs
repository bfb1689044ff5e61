import pg from 'pg'

/** Runs SQL as the owner of the database, as a migration would, and answers its rows. */
export async function asOwner(evolv, sql, values) {
  const client = new pg.Client({ connectionString: evolv.DB_URL })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}
