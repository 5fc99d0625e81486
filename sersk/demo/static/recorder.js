// The recorder: takes a file or the microphone, shows and plays it, and asks the server for the
// answer. The body of a function that Gradio calls with `element`, the page's element.
"use strict";
const at = (selector) => element.querySelector(selector);
const recording = at("#recording");
const answer = at("#answer");
const player = at("audio");
const words = JSON.parse(recording.dataset.words);
const most = { bytes: +recording.dataset.bytes, seconds: +recording.dataset.duration };
const RATE = 44100; // Hz of what is recorded or converted here
// What the server reads; anything else is converted, if the browser can decode it.
const READ = /\.(wav|wave|flac|ogg|oga|opus|mp3|aif|aiff|aifc|au|snd|w64|rf64|sph)$/i;
let turn = 0; // an answer that comes after a newer recording is dropped

const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
// Say something under the buttons, or (told) to screen readers alone.
const say = (text, told = false) => {
  at(".state").textContent = text;
  at(".state").classList.toggle("told", told);
};

function refuse(sentence) {
  const refusal = document.createElement("div");
  refusal.className = "refusal";
  refusal.innerHTML = '<p class="eyebrow">No answer</p><p role="alert"></p>';
  refusal.lastChild.textContent = sentence;
  answer.replaceChildren(refusal);
  answer.setAttribute("aria-busy", "false");
  say("");
}

// Show a file in the recorder; return its length in s, or null if the browser can't play it.
function show(file) {
  if (player.src) URL.revokeObjectURL(player.src);
  at(".loaded").hidden = false;
  player.hidden = false;
  at(".name").textContent = at(".name").title = file.name;
  const size = file.size < 2 ** 20 ? `${Math.ceil(file.size / 1024)} kB`
    : `${(file.size / 2 ** 20).toFixed(1)} MB`;
  at(".size").textContent = size;
  player.src = URL.createObjectURL(file);
  return new Promise((done) => {
    player.onloadedmetadata = () => {
      if (Number.isFinite(player.duration)) {
        at(".size").textContent = `${player.duration.toFixed(1)} s, ${size}`;
      }
      done(player.duration);
    };
    player.onerror = () => { player.hidden = true; done(null); };
  });
}

async function take(file) {
  const mine = ++turn;
  answer.classList.remove("old");
  answer.setAttribute("aria-busy", "true");
  say("Listening to the recording …");
  const seconds = await show(file);
  if (mine !== turn) return;
  try {
    let body = file;
    if (!READ.test(file.name)) body = await convert(file).catch(() => file);
    if (body.size > most.bytes) return refuse(words.tooLarge);
    if (Number.isFinite(seconds) && seconds > most.seconds) return refuse(words.tooLong);
    const reply = await fetch(`answer${seconds === null ? "?sound=1" : ""}`, { method: "POST", body });
    const html = await reply.text();
    if (mine !== turn) return;
    answer.innerHTML = html;
    // Not the page's reply: a web server in front of it, or one with too many connections.
    if (!answer.querySelector("[data-label], [role=alert]")) {
      return refuse([429, 503].includes(reply.status) ? words.busy : words.noReply);
    }
    answer.setAttribute("aria-busy", "false");
    const sound = answer.querySelector("a.sound");
    if (sound) { player.src = sound.href; player.hidden = false; }
    const label = answer.querySelector("[data-label]");
    say(label ? `Predicted: ${label.dataset.label}.` : "", true);
  } catch {
    if (mine === turn) refuse(words.unreachable);
  }
}

// Decode whatever the browser can decode, and return it as a WAV file.
async function convert(file) {
  const context = new OfflineAudioContext(1, 1, RATE);
  const sound = await context.decodeAudioData(await file.arrayBuffer());
  const samples = new Float32Array(sound.length);
  for (let c = 0; c < sound.numberOfChannels; c++) {
    sound.getChannelData(c).forEach((x, i) => { samples[i] += x / sound.numberOfChannels; });
  }
  return toWav(samples, file.name);
}

function toWav(samples, name) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (place, value) => [...value].forEach((c, i) => view.setUint8(place + i, c.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true); view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * samples.length, true);
  samples.forEach((x, i) => view.setInt16(44 + 2 * i, 32767 * Math.max(-1, Math.min(1, x)), true));
  return new File([view], name, { type: "audio/wav" });
}

function showLive(live) {
  at(".live").hidden = at(".stop").hidden = !live;
  at(".record").hidden = at(".choose").hidden = at(".hint").hidden = live;
  if (live) at(".loaded").hidden = true;
  at(live ? ".stop" : ".record").focus();
}

async function record() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return refuse(words.noMicrophone);
  }
  turn++;
  player.pause();
  answer.setAttribute("aria-busy", "false");
  answer.classList.add("old"); // it is not about what is being recorded
  const recorder = new MediaRecorder(stream);
  const pieces = [];
  const context = new AudioContext();
  const meter = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(meter);
  const levels = new Float32Array(meter.fftSize);
  const began = performance.now();
  // As long as both limits allow, less a little for what is recorded after the last look.
  const end = Math.min(most.seconds, (most.bytes - 44) / (2 * RATE)) - 0.3;
  const tick = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    at(".clock").textContent = clock(seconds);
    meter.getFloatTimeDomainData(levels);
    const loudest = levels.reduce((a, x) => Math.max(a, Math.abs(x)), 1e-4);
    at(".level span").style.width = `${Math.max(0, 100 + 20 * Math.log10(loudest) * 1.6)}%`;
    if (seconds >= end) stop();
  }, 80);
  const stop = () => { if (recorder.state !== "inactive") recorder.stop(); };
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.onstop = async () => {
    clearInterval(tick);
    stream.getTracks().forEach((track) => track.stop());
    context.close();
    showLive(false);
    const raw = new File(pieces, "Your recording", { type: recorder.mimeType });
    // Converted at once: what a MediaRecorder writes states no length, so players can't show it.
    take(await convert(raw).then((wav) => new File([wav], "Your recording.wav"), () => raw));
  };
  at(".stop").onclick = stop;
  at(".clock").textContent = "0:00";
  say("Recording.");
  showLive(true);
  recorder.start();
}

at(".record").onclick = record;
at("input[type=file]").onchange = (event) => {
  const [file] = event.target.files;
  event.target.value = ""; // so that the same file can be chosen again
  if (file) take(file);
};
recording.ondragover = (event) => { event.preventDefault(); recording.classList.add("over"); };
recording.ondragleave = () => recording.classList.remove("over");
recording.ondrop = (event) => {
  event.preventDefault();
  recording.classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file) take(file);
};
