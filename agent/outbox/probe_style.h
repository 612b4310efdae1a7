// What is the same in every PROBE.html: its frame and its looks. Sections are cards in one column
// on a phone and in two on a desk; what a colour says stands beside it in words.
#pragma once

#include <string_view>

namespace ignite::outbox {

inline constexpr std::string_view kPageBegin = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
)";

inline constexpr std::string_view kPageStyle = R"(<style>
:root { --page: #f3f5f8; --card: #fff; --ink: #18212d; --soft: #566273; --line: #d8dee6; --band: #14304f;
  --good: #17693f; --good-back: #e3f4ea; --warn: #7d4a00; --warn-back: #fdf0d8; --bad: #a3211a; --bad-back: #fce8e6;
  --plain-back: #e9edf2; }
@media (prefers-color-scheme: dark) {
  :root { --page: #10151c; --card: #1a212b; --ink: #e6ebf1; --soft: #a3afbd; --line: #323d4b; --band: #0b1d31;
    --good: #7fd6a4; --good-back: #153524; --warn: #f2c275; --warn-back: #3a2a10; --bad: #ffaaa3;
    --bad-back: #431c1a; --plain-back: #2a3441; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5; overflow-wrap: anywhere;
  font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
body > input { position: absolute; opacity: 0; pointer-events: none; }
#english:checked ~ * > [lang=fr], #french:checked ~ * > [lang=en] { display: none; }
header { background: var(--band); color: #fff; }
header > div, main, footer { max-width: 72rem; margin: 0 auto; padding: 1rem; }
header > div { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: center; justify-content: space-between;
  padding-block: 1.25rem; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; }
header p { margin: .1rem 0 0; color: #c9d6e4; }
nav { display: flex; border: 1px solid #7f96ae; border-radius: .5rem; overflow: hidden; }
nav label { padding: .4rem .9rem; color: #fff; cursor: pointer; }
#english:checked ~ header label[for=english], #french:checked ~ header label[for=french] {
  background: #fff; color: #14304f; font-weight: 600; text-decoration: underline; }
#english:focus-visible ~ header label[for=english], #french:focus-visible ~ header label[for=french] {
  outline: 3px solid #ffd166; outline-offset: -3px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem;
  margin: 0 0 1rem; }
.alert { border: 2px solid var(--bad); background: var(--bad-back); }
.sign { display: inline-block; width: 1.5em; margin-right: .5em; border-radius: 50%; text-align: center;
  background: var(--bad); color: var(--card); }
h2 { margin: 0 0 .75rem; font-size: 1.1rem; line-height: 1.3; }
h3 { margin: 0; font-size: 1rem; line-height: 1.6; }
p { margin: 0 0 .5rem; }
.version { font-size: 1.15rem; }
.version strong { font-size: 1.9rem; line-height: 1.2; margin-right: .5rem; }
.label, .none, dt, caption, footer { color: var(--soft); }
.badge { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-size: .85rem; font-weight: 600;
  background: var(--plain-back); color: var(--ink); }
.badge.good { background: var(--good-back); color: var(--good); }
.badge.warn { background: var(--warn-back); color: var(--warn); }
.badge.bad { background: var(--bad-back); color: var(--bad); }
dl { margin: 0; display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .25rem 1rem; }
dd { margin: 0; }
dl + h3 { margin-top: .75rem; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { text-align: left; font-weight: 400; padding: .3rem 1rem .3rem 0; border-top: 1px solid var(--line);
  vertical-align: top; }
th[scope=col] { font-size: .85rem; color: var(--soft); border-top: 0; }
td { font-weight: 600; }
article + article { margin-top: 1rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.timeline { list-style: none; margin: 0; padding: 0; }
.timeline > li { position: relative; margin-left: .4rem; padding: 0 0 1.25rem 1.4rem; border-left: 2px solid var(--line); }
.timeline > li:last-child { padding-bottom: 0; border-color: transparent; }
.timeline > li::before { content: ""; position: absolute; left: -.5rem; top: .4rem; width: .85rem; height: .85rem;
  border: 2px solid var(--soft); border-radius: 50%; background: var(--card); }
.timeline > .current::before { background: var(--good); border-color: var(--good); }
.timeline p { margin: 0; }
.timeline ul { margin: .25rem 0 0; padding-left: 1.2rem; }
time { white-space: nowrap; }
.ids { margin: 0; padding-left: 1.2rem; font-size: .8rem; color: var(--soft); }
.notes { white-space: pre-wrap; margin: 0; font: inherit; }
footer { padding-top: 0; font-size: .9rem; }
@media (min-width: 56rem) {
  .columns { display: grid; grid-template-columns: 3fr 2fr; gap: 0 1rem; align-items: start; }
  .even { grid-template-columns: 1fr 1fr; gap: 0 2.5rem; } }
@media (max-width: 55.99rem) { .even > * + * { margin-top: 1rem; } }
@media (max-width: 30rem) {
  dl { display: block; }
  dd { margin-bottom: .5rem; } }
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --soft: #333; --line: #999; }
  body { font-size: 10pt; }
  header { background: none; color: #000; border-bottom: 2px solid #000; }
  header p { color: #333; }
  nav { display: none; }
  .card { break-inside: avoid; }
  .badge { border: 1px solid currentColor; } }
</style>
</head>
<body>
)";

/// Before everything that they show or hide.
inline constexpr std::string_view kLanguageButtons =
    R"(<input type="radio" name="language" id="english" checked>
<input type="radio" name="language" id="french">
<header><div>
)";

inline constexpr std::string_view kLanguageLabels =
    R"(<nav aria-label="Language / Langue">
<label for="english" lang="en">English</label>
<label for="french" lang="fr">Français</label>
</nav>
</div></header>
)";

inline constexpr std::string_view kPageEnd = R"(</body>
</html>
)";

}  // namespace ignite::outbox
