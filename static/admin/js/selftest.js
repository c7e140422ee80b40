// Measures what only this browser can: its socket, and a signal through database, bus and socket.
const page = document.getElementById("selftest");
const words = JSON.parse(document.getElementById("selftest-words").textContent);
const PINGS = 5;
const PATIENCE = 8000;

function show(name, state, text, todo = "") {
  const row = page.querySelector(`[data-check="${name}"]`);
  row.className = `x-finding is-${state}`;
  row.querySelector("[data-words]").textContent = text;
  row.querySelector("[data-todo]").textContent = todo;
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function rate(millis, good, bad) {
  return millis <= good ? "good" : millis <= bad ? "warn" : "bad";
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function listen(socket, wanted) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("late")), PATIENCE);
    const take = (event) => {
      const read = JSON.parse(event.data);
      const frame = (Array.isArray(read) ? read : [read]).find(wanted);
      if (!frame) return;
      clearTimeout(timer);
      socket.removeEventListener("message", take);
      resolve(frame);
    };
    socket.addEventListener("message", take);
    socket.addEventListener("close", (event) => reject(new Error(`closed ${event.code}`)), { once: true });
    socket.addEventListener("error", () => reject(new Error("error")), { once: true });
  });
}

async function ping(socket) {
  const started = performance.now();
  const answered = listen(socket, (frame) => frame.op === "pong");
  socket.send(JSON.stringify({ op: "ping" }));
  await answered;
  return performance.now() - started;
}

async function echo(socket) {
  const mark = crypto.randomUUID();
  const started = performance.now();
  const heard = listen(socket, (frame) => frame.op === "event" && frame.name === "selftest.echo" && frame.ids.mark === mark);
  const sent = fetch(page.dataset.echo, {
    method: "POST",
    headers: { "X-CSRFToken": page.dataset.csrf, "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ mark }),
  });
  const answer = await sent;
  if (!answer.ok) throw new Error(`${answer.status}`);
  await heard;
  return performance.now() - started;
}

async function run() {
  let socket;
  try {
    const started = performance.now();
    socket = new WebSocket(page.dataset.live);
    await listen(socket, (frame) => frame.op === "hello");
    const opened = performance.now() - started;
    const times = [];
    for (let count = 0; count < PINGS; count += 1) times.push(await ping(socket));
    const middle = median(times);
    show("socket", rate(middle, 200, 1000), fill(words.socket, { open: opened.toFixed(0), ping: middle.toFixed(0) }), middle > 200 ? words.slow : "");
  } catch (error) {
    show("socket", "bad", fill(words.no_socket, { why: error.message }), words.no_socket_todo);
    show("echo", "bad", words.no_echo, "");
    if (socket) socket.close();
    return;
  }
  try {
    const times = [];
    for (let count = 0; count < 3; count += 1) times.push(await echo(socket));
    const middle = median(times);
    show("echo", rate(middle, 500, 2000), fill(words.echo, { time: middle.toFixed(0) }), middle > 500 ? words.slow : "");
  } catch (error) {
    show("echo", "bad", fill(words.echo_lost, { why: error.message }), words.echo_todo);
  }
  socket.close();
}

run();
