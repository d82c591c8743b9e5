export {
  checkInvoke,
  checkLinkedTransfers,
  checkMessage,
  checkTransfer,
  endDealings,
  endInvocation,
  invokeService,
  registerService,
  removeService,
  sendMessage,
} from './services.ts'
