/** Version that this service says of itself on every door; all packages carry the same. */
export const VERSION = '0.1.0'
