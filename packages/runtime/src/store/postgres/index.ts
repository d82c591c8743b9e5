export { describeUrl } from './connection.ts'
export { type Leader } from './leadership.ts'
export { openNewDatabase } from './new-database.ts'
export {
  type PostgresOptions,
  type StoreReport,
  describePostgres,
  openPostgres,
  readPostgres,
} from './postgres-store.ts'
