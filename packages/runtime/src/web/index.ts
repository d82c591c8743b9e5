export { type Pages, Web, type WebParts } from './web.ts'
