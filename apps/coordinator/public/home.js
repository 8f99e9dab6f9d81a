// The start page: readiness, the tasks a key may see, and one task live. The key lives in this closure and nowhere else.

const byId = (id) => document.getElementById(id);
const TERMINAL = new Set(['completed', 'partial', 'failed', 'cancelled']);
const HEALTH_INTERVAL_MS = 10_000;
const LIST_INTERVAL_MS = 5_000;

let apiKey = '';
let nextCursor = null;
let pagesShown = 1;
let watching = null;

/** A request with the key; throws with the problem's own words. */
async function api(path, options = {}) {
  const response = await fetch(path, {
    ...options,
    headers: { Authorization: `Bearer ${apiKey}`, ...options.headers },
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail ?? `the server answered ${response.status}`), {
    status: response.status,
  });
}

// Health

async function showHealth() {
  const badge = byId('health');
  try {
    const response = await fetch('/readyz');
    const body = await response.json();
    badge.dataset.state = response.ok ? 'ready' : 'down';
    badge.textContent = response.ok ? body.status : (body.detail ?? 'not ready');
  } catch {
    badge.dataset.state = 'down';
    badge.textContent = 'unreachable';
  }
}

// The list

/** Four decimals; below a cent three significant digits, down to a billionth. */
function money(usd) {
  const value = Number(usd);
  const size = Math.abs(value);
  const decimals = size === 0 || size >= 0.01 ? 4 : Math.min(9, 2 - Math.floor(Math.log10(size)));
  return `${value < 0 ? '-' : ''}$${size.toFixed(decimals)}`;
}

function cell(text, className) {
  const td = document.createElement('td');
  td.textContent = text;
  if (className) td.className = className;
  return td;
}

function statusBadge(status) {
  const badge = document.createElement('span');
  badge.className = 'status';
  badge.dataset.status = status;
  badge.textContent = status.replace('_', ' ');
  return badge;
}

/** The end of the id: ids begin with the time, so that tasks of one minute begin alike. */
function taskId(task) {
  return Object.assign(document.createElement('small'), { textContent: ` …${task.id.slice(-8)}`, title: task.id });
}

function taskName(task) {
  return task.title || task.type;
}

function taskRow(task) {
  const row = document.createElement('tr');
  row.tabIndex = 0;
  row.setAttribute('role', 'button');
  const status = document.createElement('td');
  status.append(statusBadge(task.status));
  const name = cell(taskName(task));
  name.append(taskId(task));
  row.append(
    status,
    name,
    cell(`${task.progress.percent} %`, 'num'),
    cell(money(task.cost.usd), 'num'),
    cell(money(task.cost.savedUsd), 'num'),
    cell(new Date(task.createdAt).toLocaleString()),
  );
  row.addEventListener('click', () => watch(task));
  row.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      watch(task);
    }
  });
  return row;
}

async function showTasks() {
  const rows = [];
  nextCursor = null;
  for (let page = 0; page < pagesShown; page += 1) {
    const cursor = nextCursor === null ? '' : `&cursor=${encodeURIComponent(nextCursor)}`;
    const body = await (await api(`/v1/tasks?limit=25${cursor}`)).json();
    rows.push(...body.items.map(taskRow));
    nextCursor = body.nextCursor;
    if (nextCursor === null) break;
  }
  const focused = [...byId('task-rows').children].indexOf(document.activeElement);
  byId('task-rows').replaceChildren(...rows);
  if (focused >= 0) rows[focused]?.focus();
  byId('task-table').hidden = rows.length === 0;
  byId('no-tasks').hidden = rows.length > 0;
  byId('more').hidden = nextCursor === null;
}

// One task, live

async function watch(task) {
  watching?.abort();
  const abort = new AbortController();
  watching = abort;
  byId('live').hidden = false;
  byId('live-title').replaceChildren(taskName(task), taskId(task));
  byId('live-article').hidden = true;
  byId('live-steps').replaceChildren();
  let lastEventId = '';
  let isFirst = true;
  for (;;) {
    try {
      await showTask(task.id, abort.signal);
      // Once it has its content: before, the page is too short to bring it to the top.
      if (isFirst && !abort.signal.aborted) byId('live').scrollIntoView({ block: 'start' });
      isFirst = false;
      const response = await api(`/v1/tasks/${task.id}/events`, {
        signal: abort.signal,
        headers: { Accept: 'text/event-stream', ...(lastEventId && { 'Last-Event-ID': lastEventId }) },
      });
      if (response.status === 204) return;
      for await (const id of eventIds(response.body)) {
        lastEventId = id;
        refreshSoon(task.id, abort.signal);
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      if (error.status >= 400 && error.status < 500) {
        byId('live-status').textContent = error.message;
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** Ids of the events of a stream, as they come in. */
async function* eventIds(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const id = /^id: (.+)$/m.exec(block)?.[1];
      if (id) yield id;
    }
  }
}

let refreshing = null;
/** Several events at once need one look at the task. */
function refreshSoon(id, signal) {
  refreshing ??= setTimeout(() => {
    refreshing = null;
    if (!signal.aborted) showTask(id, signal).catch(() => undefined);
  }, 100);
}

async function showTask(id, signal) {
  const [task, steps] = await Promise.all([
    api(`/v1/tasks/${id}`, { signal }).then((response) => response.json()),
    api(`/v1/tasks/${id}/steps`, { signal }).then((response) => response.json()),
  ]);
  if (signal.aborted) return;
  byId('live-simulated').hidden = !task.simulated;
  byId('live-status').replaceChildren(statusBadge(task.status), task.error ? ` ${task.error.message}` : '');
  byId('live-progress').textContent = `${task.progress.stepsDone} of ${task.progress.stepsTotal}`;
  byId('live-cost').textContent = money(task.cost.usd);
  byId('live-saved').textContent = money(task.cost.savedUsd);
  byId('live-calls').textContent = `${task.cost.calls} (${task.cost.cachedCalls} cached)`;
  byId('live-bar').value = task.progress.percent;
  byId('live-steps').replaceChildren(...steps.items.map(stepItem));
  byId('live-limitations').replaceChildren(
    ...task.limitations.map((limitation) =>
      Object.assign(document.createElement('li'), { textContent: limitation.message }),
    ),
  );
  if (TERMINAL.has(task.status)) await showArticle(id, signal);
}

function stepItem(step) {
  const item = document.createElement('li');
  const name = document.createElement('span');
  name.textContent = `${step.key} · ${step.tier}`;
  item.append(name, statusBadge(step.status));
  return item;
}

async function showArticle(id, signal) {
  const article = byId('live-article');
  try {
    const response = await api(`/v1/tasks/${id}/result`, { signal, headers: { Accept: 'text/markdown' } });
    article.textContent = await response.text();
    article.hidden = false;
  } catch {
    article.hidden = true;
  }
}

// The key

async function connect(event) {
  event.preventDefault();
  const error = byId('key-error');
  error.hidden = true;
  apiKey = byId('key').value.trim();
  try {
    await showTasks();
    byId('key').value = '';
    byId('connect').hidden = true;
    byId('tasks').hidden = false;
  } catch (failure) {
    apiKey = '';
    error.textContent = failure.message;
    error.hidden = false;
  }
}

function forget() {
  apiKey = '';
  pagesShown = 1;
  watching?.abort();
  byId('live').hidden = true;
  byId('tasks').hidden = true;
  byId('task-rows').replaceChildren();
  byId('connect').hidden = false;
}

byId('key-form').addEventListener('submit', connect);
byId('forget').addEventListener('click', forget);
byId('refresh').addEventListener('click', () => showTasks().catch(() => undefined));
byId('more').addEventListener('click', () => {
  pagesShown += 1;
  showTasks().catch(() => undefined);
});
byId('close-live').addEventListener('click', () => {
  watching?.abort();
  byId('live').hidden = true;
});
setInterval(showHealth, HEALTH_INTERVAL_MS);
setInterval(() => {
  if (apiKey !== '' && !document.hidden) showTasks().catch(() => undefined);
}, LIST_INTERVAL_MS);
void showHealth();
