export { AskedThread, ThreadError, answerOnThread } from './thread.ts'
