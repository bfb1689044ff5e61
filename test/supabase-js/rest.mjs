/** The rows of a query that must not fail. */
export const rowsOf = async (query) => (await query.throwOnError()).data
