export { type Pages, Web } from './web.ts'
