export { checkAdmitTool, checkSettleTool, checkStartTool, endToolCalls, performTool, settleToolCall } from './calls.ts'
