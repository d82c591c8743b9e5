/** A configuration that cannot be used: says where and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
