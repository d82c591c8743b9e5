export { describeUrl } from './connection.ts'
export { type Leader, LEASE_MS } from './leadership.ts'
export { openNewDatabase } from './new-database.ts'
export {
  type PostgresOptions,
  type PostgresReading,
  type PostgresStore,
  type StoreReport,
  describePostgres,
  openPostgres,
  readPostgres,
} from './postgres-store.ts'
