export {
  checkInstruction,
  checkInvoke,
  checkLinkedTransfers,
  checkMessage,
  checkTransfer,
  endDealings,
  endInvocation,
  instructAgent,
  invokeService,
  registerService,
  removeService,
  sendMessage,
} from './services.ts'
