// A remote MCP server that wants a sign-in, of the official SDK's own parts: its
// demonstration provider, with refresh tokens that rotate, a revocation and a short
// life, which the demonstration leaves out.
//
//   node oauth.mjs MODULES LIFE      the life of an access token in seconds
//
// Prints a line of JSON for its address and for each thing that happens, the tokens
// with it: a test looks for them where they must not be.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { randomUUID } from 'node:crypto';

const [modules, life] = [process.argv[2], Number(process.argv[3] ?? 3600)];
const require = createRequire(pathToFileURL(modules + '/x.js'));
const load = path => import(pathToFileURL(require.resolve(path)));
const sdk = '@modelcontextprotocol/sdk/';
const { mcpAuthRouter, createOAuthMetadata, mcpAuthMetadataRouter, getOAuthProtectedResourceMetadataUrl } = await load(sdk + 'server/auth/router.js');
const { requireBearerAuth } = await load(sdk + 'server/auth/middleware/bearerAuth.js');
const { InvalidGrantError, InvalidTokenError } = await load(sdk + 'server/auth/errors.js');
const { DemoInMemoryAuthProvider } = await load(sdk + 'examples/server/demoInMemoryOAuthProvider.js');
const { McpServer } = await load(sdk + 'server/mcp.js');
const { StreamableHTTPServerTransport } = await load(sdk + 'server/streamableHttp.js');
const { default: express } = await load('express');

const tell = event => console.log(JSON.stringify(event));

class Provider extends DemoInMemoryAuthProvider {
    refreshes = new Map();

    give(client, scopes, resource) {
        const tokens = { access_token: randomUUID(), token_type: 'bearer', expires_in: life, refresh_token: randomUUID(), scope: scopes.join(' ') };
        this.tokens.set(tokens.access_token, { clientId: client.client_id, scopes, resource, expiresAt: Date.now() + life * 1000 });
        this.refreshes.set(tokens.refresh_token, { scopes, resource, access: tokens.access_token });
        return tokens;
    }
    async exchangeAuthorizationCode(client, code) {
        const { params } = this.codes.get(code);
        this.codes.delete(code);
        const tokens = this.give(client, params.scopes ?? [], params.resource);
        tell({ event: 'code', resource: params.resource?.href, tokens });
        return tokens;
    }
    async exchangeRefreshToken(client, token, _scopes, resource) {
        const was = this.refreshes.get(token);
        if (!was) {
            tell({ event: 'reuse' });
            throw new InvalidGrantError('unknown refresh token');
        }
        this.refreshes.delete(token);
        const tokens = this.give(client, was.scopes, was.resource);
        tell({ event: 'refresh', resource: resource?.href, tokens });
        return tokens;
    }
    async verifyAccessToken(token) {
        try {
            return await super.verifyAccessToken(token);
        } catch (e) {
            throw new InvalidTokenError(e.message);
        }
    }
    async revokeToken(_client, { token }) {
        tell({ event: 'revoke' });
        this.tokens.delete(token);
        this.refreshes.delete(token);
    }
}

const listen = app => new Promise(done => { const s = app.listen(0, '127.0.0.1', () => done(s.address().port)); });
const front = (inner = { app: undefined }) => { // its routes need its own port
    const app = express();
    app.use((req, res, next) => inner.app(req, res, next));
    return [app, inner];
};
const [authApp, auth] = front();
const issuerUrl = new URL(`http://127.0.0.1:${await listen(authApp)}`);
const provider = new Provider();
auth.app = express().use(mcpAuthRouter({ provider, issuerUrl, scopesSupported: ['mcp:tools'] }));

const [app, inner] = front();
const resourceUrl = new URL(`http://127.0.0.1:${await listen(app)}/mcp`);
const bearer = requireBearerAuth({ verifier: provider, requiredScopes: [], resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceUrl) });
const sessions = new Map();
inner.app = express();
inner.app.use(express.json({ limit: '20mb' }));
inner.app.use(mcpAuthMetadataRouter({ oauthMetadata: createOAuthMetadata({ provider, issuerUrl, scopesSupported: ['mcp:tools'] }), resourceServerUrl: resourceUrl, scopesSupported: ['mcp:tools'] }));
inner.app.all('/mcp', bearer, async (req, res) => {
    let transport = sessions.get(req.headers['mcp-session-id']);
    if (!transport) {
        transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), onsessioninitialized: id => sessions.set(id, transport) });
        const server = new McpServer({ name: 'guarded', version: '1' });
        server.registerTool('whoami', { description: 'Tells that the caller is signed in' }, async ({ authInfo }) => ({ content: [{ type: 'text', text: `signed in, ${authInfo.scopes.join(' ') || 'no scope'}` }] }));
        await server.connect(transport);
    }
    await transport.handleRequest(req, res, req.body);
});
tell({ event: 'ready', url: resourceUrl.href, issuer: issuerUrl.href });
