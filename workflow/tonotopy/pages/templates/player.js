"use strict";
// One player per exhibit: all its tracks share a position; only one player of the page sounds.

class Player {
  constructor(article, controls) {
    this.article = article;
    this.title = article.querySelector("h2").textContent;
    this.seconds = Number(article.dataset.seconds);
    this.tracks = [...article.querySelectorAll(".track")];
    this.audios = this.tracks.map((track) => track.querySelector("audio"));
    this.heard = this.audios.find(Boolean) ?? null;
    this.current = -1;
    this.place(controls);
    this.listen();
    this.trainings();
    article.querySelectorAll(".slider").forEach(steer);
    article.classList.add("live");
    this.show(0);
    this.before = Math.min(1, this.tracks.length - 1);
    this.draw();
  }

  place(controls) {
    const part = (name) => controls.querySelector(name);
    [this.seek, this.head, this.clock] = [part(".seek"), part(".playhead"), part(".clock")];
    [this.button, this.says, this.repeat] = [part(".play"), part(".says"), part(".repeat")];
    [this.swap, this.opacity] = [part(".swap"), part(".opacity")];
    this.seek.setAttribute("aria-label", `position in ${this.title}`);
    this.seek.setAttribute("aria-valuemax", this.seconds);
    const chips = part(".chips");
    chips.setAttribute("aria-label", `tracks of ${this.title}`);
    this.chips = this.tracks.map((track, index) => this.chip(track, index));
    this.fill(chips);
    this.opacity.hidden = !this.article.querySelector(".overlay");
    this.swap.hidden = this.tracks.length < 2;
    const stage = this.article.querySelector(".stage");
    stage.before(chips);
    stage.after(this.says, part(".buttons"));
    if (this.heard) stage.append(this.seek);
    else this.button.parentElement.hidden = this.opacity.hidden && this.swap.hidden;
    for (const part of [this.button, this.repeat.parentElement, this.clock])
      part.hidden = !this.heard;
  }

  // A row of buttons per network, one for all else; epochs have the slider of their training.
  fill(chips) {
    const rows = new Map([["", document.createElement("div")]]);
    this.tracks.forEach(({ dataset }, index) => {
      if (dataset.kind === "epoch") return;
      if (!rows.has(dataset.row)) {
        const [row, name] = [document.createElement("div"), document.createElement("span")];
        name.setAttribute("aria-hidden", "true");
        name.textContent = dataset.row;
        row.append(name);
        rows.set(dataset.row, row);
      }
      rows.get(dataset.row).append(this.chips[index]);
    });
    chips.append(...rows.values());
  }

  chip(track, index) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.classList.toggle("mute", !this.audios[index]);
    if (index < 9) {
      const number = document.createElement("kbd");
      number.textContent = index + 1;
      number.setAttribute("aria-hidden", "true");
      chip.setAttribute("aria-keyshortcuts", index + 1);
      chip.append(number);
    }
    if (track.dataset.row) {
      const network = document.createElement("span");
      network.className = "unseen";
      network.textContent = `${track.dataset.row}, `;
      chip.append(network);
    }
    chip.append(track.dataset.button);
    chip.addEventListener("click", () => (index === this.current ? this.toggle() : this.show(index)));
    return chip;
  }

  listen() {
    this.article.addEventListener("keydown", (event) => this.press(event));
    this.article.addEventListener("focusin", () => this.load());
    this.article.addEventListener("pointerdown", () => this.load());
    this.button.addEventListener("click", () => this.toggle());
    this.swap.addEventListener("click", () => this.show(this.before));
    this.repeat.addEventListener("change", () => {
      for (const audio of this.audios) if (audio) audio.loop = this.repeat.checked;
    });
    this.opacity.querySelector("input").addEventListener("input", (event) =>
      this.article.style.setProperty("--opacity", event.target.value / 100));
    this.seek.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      this.seek.focus();
      this.seek.setPointerCapture(event.pointerId);
      this.point(event);
    });
    this.seek.addEventListener("pointermove", (event) => {
      if (this.seek.hasPointerCapture(event.pointerId)) this.point(event);
    });
    for (const audio of this.audios) {
      if (!audio) continue;
      for (const name of ["play", "pause", "ended", "seeked"])
        audio.addEventListener(name, () => audio === this.heard && this.draw());
      audio.addEventListener("error", () => audio === this.heard && this.caption());
    }
  }

  // Tracks are loaded when somebody turns to their player, so that they can be exchanged at once.
  load() {
    for (const audio of this.audios) if (audio) audio.preload = "auto";
  }

  trainings() {
    for (const row of this.article.querySelectorAll(".training")) {
      const input = row.querySelector("input");
      const numbers = input.dataset.tracks.split(" ").map(Number);
      row.hidden = false;
      input.addEventListener("input", () => this.show(numbers[input.value]));
      const tell = () => {
        const name = this.tracks[numbers[input.value]].dataset.name;
        input.setAttribute("aria-valuetext", name);
        row.querySelector(".value").textContent = name;
      };
      row.addEventListener("shown", () => {
        if (numbers.includes(this.current)) input.value = numbers.indexOf(this.current);
        tell();
      });
    }
  }

  show(index) {
    if (index === this.current || !this.tracks[index]) return;
    this.before = this.current;
    this.current = index;
    this.tracks.forEach((track, n) => track.classList.toggle("current", n === index));
    this.chips.forEach((chip, n) => chip.setAttribute("aria-pressed", n === index));
    const next = this.audios[index];
    if (next && next !== this.heard) this.exchange(next);
    for (const row of this.article.querySelectorAll(".training")) row.dispatchEvent(new Event("shown"));
    this.caption();
    this.draw();
  }

  // What the track shown is, for eyes and for screen readers.
  caption() {
    const [track, audio] = [this.tracks[this.current], this.audios[this.current]];
    const facts = [...track.querySelectorAll(".fact")].map((fact) => fact.textContent);
    if (this.heard && !audio) facts.push(`a picture; what you hear is ${this.name(this.heard)}`);
    if (audio?.error) facts.push("its sound cannot be played");
    this.says.textContent = [track.dataset.name, ...facts].join(" · ");
  }

  exchange(next) {
    const [last, playing] = [this.heard, !this.heard.paused];
    last.pause();
    next.currentTime = last.currentTime;
    this.heard = next;
    if (playing) this.play();
  }

  name(audio) {
    return this.tracks[this.audios.indexOf(audio)].dataset.name;
  }

  toggle() {
    if (!this.heard) return;
    if (this.heard.paused) this.play();
    else this.heard.pause();
  }

  play() {
    const { heard } = this;
    if (heard.ended || heard.currentTime >= this.seconds - 0.01) heard.currentTime = 0;
    heard.play().catch(() => this.caption()); // broken off by a pause, or an error that is told
  }

  to(time) {
    if (!this.heard) return;
    this.heard.currentTime = Math.min(Math.max(time, 0), this.seconds);
    this.draw();
  }

  point(event) {
    const box = this.seek.getBoundingClientRect();
    this.to(((event.clientX - box.left) / box.width) * this.seconds);
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const [digit, own] = [Number(event.key), event.target.matches("input, button")];
    const now = this.heard ? this.heard.currentTime : 0;
    const jumps = { ArrowLeft: now - this.seconds / 20, ArrowDown: now - this.seconds / 20,
      ArrowRight: now + this.seconds / 20, ArrowUp: now + this.seconds / 20,
      PageDown: now - this.seconds / 4, PageUp: now + this.seconds / 4, Home: 0, End: this.seconds };
    if (digit >= 1 && digit <= 9) this.show(digit - 1);
    else if (event.key === "x") this.show(this.before);
    else if (event.key === " " && !own) this.toggle();
    else if (event.key in jumps && !event.target.matches("input")) this.to(jumps[event.key]);
    else return;
    event.preventDefault();
  }

  draw() {
    if (!this.heard) return;
    const now = this.heard.currentTime;
    this.head.style.left = `${(100 * Math.min(now, this.seconds)) / this.seconds}%`;
    this.clock.textContent = `${now.toFixed(2)} of ${this.seconds.toFixed(2)} s`;
    const spoken = `${now.toFixed(1)} of ${this.seconds.toFixed(1)} seconds`;
    if (this.seek.getAttribute("aria-valuetext") !== spoken) {
      this.seek.setAttribute("aria-valuetext", spoken);
      this.seek.setAttribute("aria-valuenow", Math.min(now, this.seconds).toFixed(1));
    }
    const playing = !this.heard.paused && !this.heard.ended;
    const word = playing ? "Pause" : "Play";
    if (this.button.textContent !== word) this.button.textContent = word;
    this.article.classList.toggle("playing", playing);
    if (playing && !this.frame)
      this.frame = requestAnimationFrame(() => ((this.frame = 0), this.draw()));
  }
}

// A slider over precomputed values: bars and a mark in the curves follow it.
function steer(section) {
  const [row, input] = [section.querySelector(".row"), section.querySelector("input")];
  const list = (element, name) => element.dataset[name].split(" ");
  const mark = section.querySelector(".mark");
  row.hidden = false;
  const follow = () => {
    const value = list(section, "values")[input.value];
    row.querySelector(".value").textContent = value;
    for (const name of ["x1", "x2"]) mark.setAttribute(name, list(section, "across")[input.value]);
    const shares = [...section.querySelectorAll(".bars li")].map((bar) => {
      const share = Number(list(bar, "values")[input.value]);
      bar.querySelector(".bar").style.width = `${100 * share}%`;
      bar.querySelector(".number").textContent = `${Math.round(100 * share)}%`;
      return [share, bar.querySelector(".name").textContent];
    });
    const [share, name] = shares.reduce((best, one) => (one[0] > best[0] ? one : best), [0, ""]);
    input.setAttribute("aria-valuetext", `${value}: ${name} ${Math.round(100 * share)}%`);
  };
  input.addEventListener("input", follow);
  follow();
}

document.addEventListener("play", (event) => {
  for (const audio of document.querySelectorAll("audio"))
    if (audio !== event.target) audio.pause();
}, true);

const controls = document.getElementById("controls").content;
for (const article of document.querySelectorAll(".player"))
  new Player(article, controls.cloneNode(true));
const keys = document.getElementById("keys");
if (keys) keys.hidden = false;
