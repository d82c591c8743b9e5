export { type Flow, type ProvenanceReport, provenanceOf } from './report.ts'
