// The example text in the language of the selected voice, without a tag if the voice has no tags; and a short sample
// text for each voice. Pure.

const texts = {
  en: (sound) => `Hello there. ${sound('chuckle')}I was made on this machine, word by word, while you listen.`,
  fr: (sound) => `Bonjour. ${sound('chuckle')}Cette phrase naît sur cette machine, mot après mot, pendant que vous écoutez.`,
  de: (sound) => `Hallo. ${sound('chuckle')}Dieser Satz entsteht auf diesem Rechner, Wort für Wort, während du zuhörst.`,
  es: (sound) => `Hola. ${sound('chuckle')}Esta frase nace en esta máquina, palabra por palabra, mientras escuchas.`,
  it: (sound) => `Ciao. ${sound('chuckle')}Questa frase nasce su questa macchina, parola per parola, mentre ascolti.`,
  ko: (sound) => `안녕하세요. ${sound('낄낄')}이 문장은 듣고 계신 동안 이 컴퓨터에서 한 마디씩 만들어집니다.`,
  zh: (sound) => `你好。${sound('轻笑')}这句话就在这台电脑上，一个字一个字地说给你听。`,
  hi: (sound) => `नमस्ते। ${sound('chuckle')}यह वाक्य इसी मशीन पर, शब्द दर शब्द, आपके सुनते-सुनते बनता है।`,
};

const greetings = {
  en: (name) => `Hello, I'm ${name}. This is how I sound.`,
  fr: (name) => `Bonjour, je m'appelle ${name}. Voilà ma voix.`,
  de: (name) => `Hallo, ich bin ${name}. So klinge ich.`,
  es: (name) => `Hola, soy ${name}. Así sueno yo.`,
  it: (name) => `Ciao, sono ${name}. Questa è la mia voce.`,
  ko: (name) => `안녕하세요, 저는 ${name}입니다.`,
  zh: (name) => `你好，我是${name}。`,
  hi: (name) => `नमस्ते, मैं ${name} हूँ।`,
};

const of = (language) => texts[language] ?? texts.en;

export const firstTextOf = ({ language = 'en', tags = [] } = {}) =>
  of(language)((name) => (tags.includes(name) ? `<${name}> ` : ''));

// Whether the user wrote this text (true) or it is an example.
export const isFirstText = (text) => Object.values(texts).some((write) =>
  text === write(() => '') || text === write((name) => `<${name}> `));

export const greetingOf = (name, language) => (greetings[language] ?? greetings.en)(name);
