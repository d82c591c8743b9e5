export {
  checkInstruction,
  checkInvoke,
  checkMessage,
  endDealings,
  endInvocation,
  instructAgent,
  invokeService,
  registerService,
  removeService,
  sendMessage,
} from './services.ts'
export { checkBatch, checkLinkedTransfers, checkTransfer, payLinked, postBatch } from './transfers.ts'
