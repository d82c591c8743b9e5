export { Thread, ThreadError, answerOnThread, moduleBeside } from './thread.ts'
