// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/html_style.h"

// clang-format off
const char html_style_sheet[] =
":root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--panel:#f6f8fa;"
"--best:#dcf5e6;--equal:#eef8f1;--bad:#fdecea;--warn:#fff6dd;--warn-line:#b7791f;--answer:#e8f1fb;--answer-line:#0072b2;--link:#0a5ea8}\n"
"@media(prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e4e8ec;--soft:#9aa5b1;--line:#353b42;--panel:#1c2126;"
"--best:#17402a;--equal:#16301f;--bad:#471f1c;--warn:#3a2f12;--warn-line:#d9a13b;--answer:#152b41;--answer-line:#58a6e0;--link:#79b8f0}\n"
".plot{filter:brightness(1.3) saturate(.9)}}\n"
"*{box-sizing:border-box}\n"
"body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,'DejaVu Sans','Segoe UI',sans-serif}\n"
"main{max-width:72rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}\n"
"h1{font-size:1.9rem;line-height:1.2;margin:.5rem 0 1rem}h2{font-size:1.45rem;margin:2.6rem 0 .8rem;padding-top:.8rem;border-top:1px solid var(--line)}\n"
"h3{font-size:1.15rem;margin:2rem 0 .6rem}h4{font-size:1rem;margin:1.4rem 0 .5rem;color:var(--soft)}\n"
"a{color:var(--link)}p,li{max-width:62rem}code,pre{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:.9em}\n"
"code{background:var(--panel);padding:.1em .3em;border-radius:3px}pre{background:var(--panel);padding:.8rem 1rem;overflow-x:auto;border-radius:6px}pre code{padding:0}\n"
"nav{background:var(--panel);border-radius:6px;padding:.6rem 1rem;margin:1rem 0;font-size:.92rem}nav ol{margin:.4rem 0;padding-left:1.2rem}\n"
"nav ol ol{columns:3 16rem}nav li{break-inside:avoid}summary{cursor:pointer}\n"
".wrap{overflow-x:auto;margin:.6rem 0 1rem}table{border-collapse:collapse;font-size:.93rem}\n"
"caption{text-align:left;color:var(--soft);padding-bottom:.3rem}\n"
"th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}\n"
"th{border-bottom:2px solid var(--soft);vertical-align:bottom;font-weight:600;background:var(--paper)}\n"
"th.n,td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.z{visibility:hidden;user-select:none}\n"
"th[role=button]{cursor:pointer}th[aria-sort=ascending]::after{content:' \\2191'}th[aria-sort=descending]::after{content:' \\2193'}\n"
"td.best{background:var(--best);font-weight:600}td.equal{background:var(--equal)}td.muted{color:var(--soft)}td.bad{background:var(--bad)}\n"
".callout{margin:.5rem 0;padding:.55rem .9rem;border-left:4px solid var(--line);background:var(--panel);border-radius:0 6px 6px 0;max-width:62rem}\n"
".callout.warning{border-color:var(--warn-line);background:var(--warn)}.callout.answer{border-color:var(--answer-line);background:var(--answer);font-size:1.08rem}\n"
"figure{margin:1.2rem 0}figure .plot{display:block;width:100%;max-width:60rem;height:auto}figcaption{color:var(--soft);font-size:.92rem}\n"
".plot g[fill=black]{fill:var(--ink)}.plot g[fill='rgb(64,64,64)']{fill:var(--soft)}.plot .gridline{stroke:var(--line)}.plot text{font-family:inherit}\n"
"dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}\n"
"hr{border:0;border-top:1px solid var(--line);margin:2rem 0}\n"
"@media(max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}body{font-size:15px}}\n"
"@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#bbb}nav{display:none}main{max-width:none;padding:0}body{font-size:10.5pt}"
"tr,figure,.callout{break-inside:avoid}h2,h3,h4{break-after:avoid}.wrap{overflow:visible}.plot{filter:none}}\n";

const char html_style_script[] =
"document.querySelectorAll('table').forEach(t=>{if(t.tBodies[0].rows.length<2)return;"
"const key=c=>{const s=(c.dataset.v??c.textContent).trim(),n=parseFloat(s);return isNaN(n)?s:n};"
"t.querySelectorAll('th').forEach((h,i)=>{h.setAttribute('role','button');h.tabIndex=0;"
"const go=()=>{const up=h.getAttribute('aria-sort')!=='ascending';t.querySelectorAll('th').forEach(o=>o.removeAttribute('aria-sort'));"
"h.setAttribute('aria-sort',up?'ascending':'descending');"
"[...t.tBodies[0].rows].sort((a,b)=>{const x=key(a.cells[i]),y=key(b.cells[i]);"
"const r=typeof x==='number'&&typeof y==='number'?x-y:typeof x==='number'?-1:typeof y==='number'?1:x.localeCompare(y);return up?r:-r})"
".forEach(r=>t.tBodies[0].append(r))};"
"h.addEventListener('click',go);h.addEventListener('keydown',e=>{if(e.key==='Enter'||e.key===' '){e.preventDefault();go()}})})})";
// clang-format on
