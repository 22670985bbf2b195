import { WorkerEntrypoint } from "cloudflare:workers";
interface ChatRoomProps {
apiKey: string;
roomName: string;
botName: string;
}
export class ChatRoom extends WorkerEntrypoint<Env, ChatRoomProps> {
async post(text: string): Promise<void> {
const { apiKey, botName, roomName } = this.ctx.props;
const formattedMessage = `[${botName}]: ${text}`;
await this.sendToChatService(apiKey, roomName, formattedMessage);
}
private async sendToChatService(apiKey: string, room: string, message: string) {
// Implementation of actual chat API call
}
}
// Parent Worker instantiation
export default {
async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
const tenantId = extractTenantFromRequest(request);
const props: ChatRoomProps = {
apiKey: env.CHAT_API_KEY, // Never exposed to dynamic Worker
roomName: `#tenant-${tenantId}`,
botName: "AI-Assistant",
};
// Create a capability stub bound to specific tenant
const chatRoomCapability = ctx.exports.ChatRoom({ props });
const worker = env.LOADER.load({
mainModule: "index.js",
modules: {
"index.js": aiGeneratedCode, // Agent writes code against this.env.CHAT_ROOM
},
globalOutbound: null,
env: {
CHAT_ROOM: chatRoomCapability, // Typed RPC stub, not just configuration
},
});
return worker.getEntrypoint().fetch(request);
},
};