export { type Home, type ProgramEnd, type Programs, openPrograms } from './program.ts'
