// A model for Cline to talk to, offline: it asks for the tool environment of
// env-server once, then says "done". What it was offered, and what the tool
// answered, go into the file that is its argument. Prints its port.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const tool = 'env-server__environment';
const log = (what) => appendFileSync(process.argv[2], what + '\n');

createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => (body += piece));
  request.on('end', () => {
    const { tools = [], messages = [] } = JSON.parse(body || '{}');
    log('offered ' + tools.map((t) => t.function?.name).join(' '));
    const answers = messages.filter((m) => m.role === 'tool');
    for (const a of answers) log('answered ' + JSON.stringify(a.content));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (delta, finish_reason = null) =>
      response.write('data: ' + JSON.stringify({
        id: 'x', object: 'chat.completion.chunk', created: 1, model: 'none', choices: [{ index: 0, delta, finish_reason }],
      }) + '\n\n');
    if (answers.length === 0 && tools.some((t) => t.function?.name === tool)) {
      send({ role: 'assistant', tool_calls: [{ index: 0, id: 'call-1', type: 'function', function: { name: tool, arguments: '{"name":"MY_TOKEN"}' } }] });
      send({}, 'tool_calls');
    } else {
      send({ role: 'assistant', content: 'done' });
      send({}, 'stop');
    }
    response.end('data: [DONE]\n\n');
  });
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
