// The emoji shortcodes that a sales channel uses; all others stay text.

const LIST = `
+1 👍 -1 👎 thumbsup 👍 thumbsdown 👎 wave 👋 clap 👏 raised_hands 🙌 pray 🙏 muscle 💪 handshake 🤝 point_right 👉 eyes 👀
smile 😄 grin 😁 joy 😂 slightly_smiling_face 🙂 wink 😉 thinking_face 🤔 sob 😭 sunglasses 😎 heart ❤️ broken_heart 💔
tada 🎉 trophy 🏆 medal 🏅 first_place_medal 🥇 star ⭐ sparkles ✨ fire 🔥 rocket 🚀 zap ⚡ boom 💥 100 💯 bulb 💡 gem 💎
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ no_entry ⛔ no_entry_sign 🚫 warning ⚠️ question ❓ exclamation ❗
bangbang ‼️ information_source ℹ️ red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵
white_circle ⚪ black_circle ⚫ large_green_square 🟩 large_yellow_square 🟨 large_red_square 🟥 white_large_square ⬜ black_large_square ⬛
black_small_square ▪️ white_small_square ▫️ small_blue_diamond 🔹 small_orange_diamond 🔸 arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️
arrow_upper_right ↗️ arrow_lower_right ↘️ leftwards_arrow_with_hook ↩️ arrows_counterclockwise 🔄 repeat 🔁 fast_forward ⏩ hourglass ⌛
hourglass_flowing_sand ⏳ stopwatch ⏱️ alarm_clock ⏰ clock1 🕐 clock3 🕒 clock9 🕘 watch ⌚ calendar 📆 date 📅 spiral_calendar_pad 🗓️ bell 🔔 no_bell 🔕
email 📧 envelope ✉️ inbox_tray 📥 outbox_tray 📤 telephone_receiver 📞 phone ☎️ iphone 📱 speech_balloon 💬 mega 📣 loudspeaker 📢 memo 📝 pencil 📝
pencil2 ✏️ clipboard 📋 page_facing_up 📄 bookmark 🔖 pushpin 📌 paperclip 📎 link 🔗 mag 🔍 lock 🔒 unlock 🔓 key 🔑 gear ⚙️ wrench 🔧 hammer 🔨 package 📦
chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 moneybag 💰 money_with_wings 💸 dollar 💵 euro 💶 credit_card 💳 briefcase 💼
office 🏢 factory 🏭 house 🏠 globe_with_meridians 🌐 earth_africa 🌍 bust_in_silhouette 👤 busts_in_silhouette 👥 runner 🏃 robot_face 🤖 dart 🎯 checkered_flag 🏁
triangular_flag_on_post 🚩 seedling 🌱 herb 🌿 snowflake ❄️ sunny ☀️ sunrise 🌅 crescent_moon 🌙 zzz 💤 beach_with_umbrella 🏖️ palm_tree 🌴 coffee ☕ beer 🍺
recycle ♻️ hand ✋ raised_hand ✋ ok_hand 👌 see_no_evil 🙈 ghost 👻 skull 💀 bee 🐝 dog 🐶 cat 🐱 keycap_star *️⃣ one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣
`;

const words = LIST.trim().split(/\s+/);
const known = new Map();
for (let place = 0; place < words.length; place += 2) known.set(words[place], words[place + 1]);

export const emoji = (name) => known.get(name);

/** Split a text into strings and, for each known shortcode, `{name, picture}`. */
export function withEmoji(text) {
  const parts = [];
  let done = 0;
  for (const found of text.matchAll(/:([a-z0-9_+-]+):/g)) {
    const picture = known.get(found[1]);
    if (!picture || found.index < done) continue;
    if (found.index > done) parts.push(text.slice(done, found.index));
    parts.push({ name: found[1], picture });
    done = found.index + found[0].length;
  }
  if (done < text.length) parts.push(text.slice(done));
  return parts;
}
