export { type Fatigue, type Judged, fatigueOf } from './fatigue.ts'
