#include "text/reading/spoken_forms.h"

#include <algorithm>
#include <array>

namespace orpheus::text::reading {
namespace {

using std::string_view;
constexpr Gender kF = Gender::kFeminine;

constexpr std::array kEnglishMoney = {Money{{"$", "dollar", "dollars"}, {"", "cent", "cents"}},
                                      Money{{"€", "euro", "euros"}, {"", "cent", "cents"}},
                                      Money{{"£", "pound", "pounds"}, {"", "penny", "pence"}},
                                      Money{{"¥", "yen", "yen"}, {}},
                                      Money{{"₩", "won", "won"}, {}},
                                      Money{{"₹", "rupee", "rupees"}, {"", "paisa", "paise"}}};
constexpr std::array kEnglishUnits = {Noun{"km/h", "kilometer per hour", "kilometers per hour"},
                                      Noun{"mph", "mile per hour", "miles per hour"},
                                      Noun{"km", "kilometer", "kilometers"},
                                      Noun{"cm", "centimeter", "centimeters"},
                                      Noun{"mm", "millimeter", "millimeters"},
                                      Noun{"m", "meter", "meters"},
                                      Noun{"ft", "foot", "feet"},
                                      Noun{"kg", "kilogram", "kilograms"},
                                      Noun{"mg", "milligram", "milligrams"},
                                      Noun{"g", "gram", "grams"},
                                      Noun{"lbs", "pound", "pounds"},
                                      Noun{"lb", "pound", "pounds"},
                                      Noun{"oz", "ounce", "ounces"},
                                      Noun{"ml", "milliliter", "milliliters"},
                                      Noun{"°C", "degree Celsius", "degrees Celsius"},
                                      Noun{"°F", "degree Fahrenheit", "degrees Fahrenheit"},
                                      Noun{"°", "degree", "degrees"},
                                      Noun{"GHz", "gigahertz", "gigahertz"},
                                      Noun{"MHz", "megahertz", "megahertz"},
                                      Noun{"kHz", "kilohertz", "kilohertz"},
                                      Noun{"Hz", "hertz", "hertz"},
                                      Noun{"kW", "kilowatt", "kilowatts"},
                                      Noun{"TB", "terabyte", "terabytes"},
                                      Noun{"GB", "gigabyte", "gigabytes"},
                                      Noun{"MB", "megabyte", "megabytes"},
                                      Noun{"KB", "kilobyte", "kilobytes"},
                                      Noun{"ms", "millisecond", "milliseconds"}};
constexpr std::array<string_view, 5> kEnglishLarge = {"hundred", "thousand", "million", "billion",
                                                      "trillion"};

constexpr std::array kFrenchMoney = {Money{{"$", "dollar", "dollars"}, {"", "cent", "cents"}},
                                     Money{{"€", "euro", "euros"}, {"", "centime", "centimes"}},
                                     Money{{"£", "livre", "livres", kF}, {"", "penny", "pence"}},
                                     Money{{"¥", "yen", "yens"}, {}}};
constexpr std::array kFrenchUnits = {Noun{"km/h", "kilomètre à l'heure", "kilomètres à l'heure"},
                                     Noun{"km", "kilomètre", "kilomètres"},
                                     Noun{"cm", "centimètre", "centimètres"},
                                     Noun{"mm", "millimètre", "millimètres"},
                                     Noun{"m", "mètre", "mètres"},
                                     Noun{"kg", "kilogramme", "kilogrammes"},
                                     Noun{"mg", "milligramme", "milligrammes"},
                                     Noun{"g", "gramme", "grammes"},
                                     Noun{"ml", "millilitre", "millilitres"},
                                     Noun{"°C", "degré Celsius", "degrés Celsius"},
                                     Noun{"°", "degré", "degrés"},
                                     Noun{"MHz", "mégahertz", "mégahertz"},
                                     Noun{"kHz", "kilohertz", "kilohertz"},
                                     Noun{"kW", "kilowatt", "kilowatts"},
                                     Noun{"Go", "gigaoctet", "gigaoctets"},
                                     Noun{"Mo", "mégaoctet", "mégaoctets"}};
constexpr std::array<string_view, 5> kFrenchLarge = {"mille", "million", "millions", "milliard",
                                                     "milliards"};

constexpr std::array kGermanMoney = {Money{{"$", "Dollar", "Dollar"}, {"", "Cent", "Cent"}},
                                     Money{{"€", "Euro", "Euro"}, {"", "Cent", "Cent"}},
                                     Money{{"£", "Pfund", "Pfund"}, {"", "Penny", "Pence"}},
                                     Money{{"¥", "Yen", "Yen"}, {}}};
constexpr std::array kGermanUnits = {Noun{"km/h", "Kilometer pro Stunde", "Kilometer pro Stunde"},
                                     Noun{"km", "Kilometer", "Kilometer"},
                                     Noun{"cm", "Zentimeter", "Zentimeter"},
                                     Noun{"mm", "Millimeter", "Millimeter"},
                                     Noun{"m", "Meter", "Meter"},
                                     Noun{"kg", "Kilogramm", "Kilogramm"},
                                     Noun{"mg", "Milligramm", "Milligramm"},
                                     Noun{"g", "Gramm", "Gramm"},
                                     Noun{"ml", "Milliliter", "Milliliter"},
                                     Noun{"°C", "Grad Celsius", "Grad Celsius"},
                                     Noun{"°", "Grad", "Grad"},
                                     Noun{"MHz", "Megahertz", "Megahertz"},
                                     Noun{"kHz", "Kilohertz", "Kilohertz"},
                                     Noun{"kW", "Kilowatt", "Kilowatt"},
                                     Noun{"GB", "Gigabyte", "Gigabyte"},
                                     Noun{"MB", "Megabyte", "Megabyte"}};
constexpr std::array<string_view, 6> kGermanLarge = {"Tausend",   "Million",    "Millionen",
                                                     "Milliarde", "Milliarden", "Billionen"};

constexpr std::array kSpanishMoney = {
    Money{{"$", "dólar", "dólares"}, {"", "centavo", "centavos"}},
    Money{{"€", "euro", "euros"}, {"", "céntimo", "céntimos"}},
    Money{{"£", "libra", "libras", kF}, {"", "penique", "peniques"}},
    Money{{"¥", "yen", "yenes"}, {}}};
constexpr std::array kSpanishUnits = {Noun{"km/h", "kilómetro por hora", "kilómetros por hora"},
                                      Noun{"km", "kilómetro", "kilómetros"},
                                      Noun{"cm", "centímetro", "centímetros"},
                                      Noun{"mm", "milímetro", "milímetros"},
                                      Noun{"m", "metro", "metros"},
                                      Noun{"kg", "kilogramo", "kilogramos"},
                                      Noun{"mg", "miligramo", "miligramos"},
                                      Noun{"g", "gramo", "gramos"},
                                      Noun{"ml", "mililitro", "mililitros"},
                                      Noun{"°C", "grado Celsius", "grados Celsius"},
                                      Noun{"°", "grado", "grados"},
                                      Noun{"MHz", "megahercio", "megahercios"},
                                      Noun{"kW", "kilovatio", "kilovatios"},
                                      Noun{"GB", "gigabyte", "gigabytes"},
                                      Noun{"MB", "megabyte", "megabytes"}};
constexpr std::array<string_view, 4> kSpanishLarge = {"mil", "millón", "millones", "billones"};

constexpr std::array kItalianMoney = {
    Money{{"$", "dollaro", "dollari"}, {"", "centesimo", "centesimi"}},
    Money{{"€", "euro", "euro"}, {"", "centesimo", "centesimi"}},
    Money{{"£", "sterlina", "sterline", kF}, {"", "penny", "pence"}},
    Money{{"¥", "yen", "yen"}, {}}};
constexpr std::array kItalianUnits = {Noun{"km/h", "chilometro all'ora", "chilometri all'ora"},
                                      Noun{"km", "chilometro", "chilometri"},
                                      Noun{"cm", "centimetro", "centimetri"},
                                      Noun{"mm", "millimetro", "millimetri"},
                                      Noun{"m", "metro", "metri"},
                                      Noun{"kg", "chilogrammo", "chilogrammi"},
                                      Noun{"mg", "milligrammo", "milligrammi"},
                                      Noun{"g", "grammo", "grammi"},
                                      Noun{"ml", "millilitro", "millilitri"},
                                      Noun{"°C", "grado Celsius", "gradi Celsius"},
                                      Noun{"°", "grado", "gradi"},
                                      Noun{"MHz", "megahertz", "megahertz"},
                                      Noun{"kW", "chilowatt", "chilowatt"},
                                      Noun{"GB", "gigabyte", "gigabyte"},
                                      Noun{"MB", "megabyte", "megabyte"}};
constexpr std::array<string_view, 5> kItalianLarge = {"mila", "milione", "milioni", "miliardo",
                                                      "miliardi"};

constexpr std::array kKoreanMoney = {Money{{"$", "달러", "달러"}, {"", "센트", "센트"}},
                                     Money{{"€", "유로", "유로"}, {"", "센트", "센트"}},
                                     Money{{"£", "파운드", "파운드"}, {"", "펜스", "펜스"}},
                                     Money{{"¥", "엔", "엔"}, {}}, Money{{"₩", "원", "원"}, {}}};
constexpr std::array kKoreanUnits = {
    Noun{"km", "킬로미터", "킬로미터"},    Noun{"cm", "센티미터", "센티미터"},
    Noun{"mm", "밀리미터", "밀리미터"},    Noun{"m", "미터", "미터"},
    Noun{"kg", "킬로그램", "킬로그램"},    Noun{"g", "그램", "그램"},
    Noun{"ml", "밀리리터", "밀리리터"},    Noun{"°C", "도", "도"},
    Noun{"GB", "기가바이트", "기가바이트"}};
constexpr std::array<string_view, 4> kKoreanLarge = {"천", "만", "억", "조"};
// Counted with the native numbers.
constexpr std::array<string_view, 16> kKoreanCounters = {"개", "명",   "시간", "시",  "살", "마리",
                                                         "권", "병",   "잔",   "대",  "장", "송이",
                                                         "벌", "그루", "번째", "사람"};

constexpr std::array kHindiMoney = {
    Money{{"₹", "रुपया", "रुपये"}, {"", "पैसा", "पैसे"}}, Money{{"$", "डॉलर", "डॉलर"}, {"", "सेंट", "सेंट"}},
    Money{{"€", "यूरो", "यूरो"}, {"", "सेंट", "सेंट"}}, Money{{"£", "पाउंड", "पाउंड"}, {"", "पेंस", "पेंस"}}};
constexpr std::array kHindiUnits = {
    Noun{"km", "किलोमीटर", "किलोमीटर"}, Noun{"cm", "सेंटीमीटर", "सेंटीमीटर"},
    Noun{"m", "मीटर", "मीटर"},          Noun{"kg", "किलोग्राम", "किलोग्राम"},
    Noun{"g", "ग्राम", "ग्राम"},          Noun{"°C", "डिग्री सेल्सियस", "डिग्री सेल्सियस"}};
constexpr std::array<string_view, 5> kHindiLarge = {"हज़ार", "हजार", "लाख", "करोड़", "अरब"};

constexpr std::array kChineseMoney = {Money{{"¥", "元", "元"}, {"", "分", "分"}},
                                      Money{{"￥", "元", "元"}, {"", "分", "分"}},
                                      Money{{"$", "美元", "美元"}, {"", "美分", "美分"}},
                                      Money{{"€", "欧元", "欧元"}, {"", "欧分", "欧分"}},
                                      Money{{"£", "英镑", "英镑"}, {"", "便士", "便士"}}};
constexpr std::array kChineseUnits = {
    Noun{"km", "公里", "公里"}, Noun{"cm", "厘米", "厘米"},     Noun{"mm", "毫米", "毫米"},
    Noun{"m", "米", "米"},      Noun{"kg", "公斤", "公斤"},     Noun{"g", "克", "克"},
    Noun{"ml", "毫升", "毫升"}, Noun{"°C", "摄氏度", "摄氏度"}, Noun{"℃", "摄氏度", "摄氏度"}};
constexpr std::array<string_view, 4> kChineseLarge = {"千", "万", "百万", "亿"};
// Two of them is 两, not 二.
constexpr std::array<string_view, 14> kChineseCounters = {
    "个", "只", "张", "本", "位", "次", "天", "块", "杯", "条", "件", "家", "小时", "种"};

// In each language {} is the number, {h} {m} hour and minute, {d} {m} {y} day, month and year.
const std::array kForms = {
    SpokenForms{.language = "en",
                .date_order = DateOrder::kMonthDayYear,
                .percent = "{} percent",
                .to = "to",
                .point = "point",
                .hour = "{h} o'clock",
                .time = "{h} {m}",
                .date = "{m} {d}, {y}",
                .blank = " ",
                .money = kEnglishMoney,
                .units = kEnglishUnits,
                .large = kEnglishLarge},
    SpokenForms{.language = "fr",
                .decimal = ',',
                .group = " ",
                .percent = "{} pour cent",
                .to = "à",
                .point = "point",
                .hour = "{h} heures",
                .time = "{h} heures {m}",
                .date = "{d} {m} {y}",
                .of = "de",
                .blank = " ",
                .money = kFrenchMoney,
                .units = kFrenchUnits,
                .large = kFrenchLarge},
    SpokenForms{.language = "de",
                .decimal = ',',
                .group = ".",
                .date_separator = '.',
                .percent = "{} Prozent",
                .to = "bis",
                .point = "Punkt",
                .hour = "{h} Uhr",
                .time = "{h} Uhr {m}",
                .date = "{d} {m} {y}",
                .blank = " ",
                .money = kGermanMoney,
                .units = kGermanUnits,
                .large = kGermanLarge},
    SpokenForms{.language = "es",
                .decimal = ',',
                .group = ".",
                .percent = "{} por ciento",
                .to = "a",
                .point = "punto",
                .hour = "{h} en punto",
                .time = "{h} y {m}",
                .date = "{d} de {m} de {y}",
                .of = "de",
                .blank = " ",
                .money = kSpanishMoney,
                .units = kSpanishUnits,
                .large = kSpanishLarge},
    SpokenForms{.language = "it",
                .decimal = ',',
                .group = ".",
                .percent = "{} per cento",
                .to = "a",
                .point = "punto",
                .hour = "{h} in punto",
                .time = "{h} e {m}",
                .date = "{d} {m} {y}",
                .of = "di",
                .blank = " ",
                .money = kItalianMoney,
                .units = kItalianUnits,
                .large = kItalianLarge},
    SpokenForms{.language = "ko",
                .date_order = DateOrder::kYearMonthDay,
                .date_separator = '.',
                .percent = "{} 퍼센트",
                .to = "에서",
                .point = "점",
                .hour = "{h}시",
                .time = "{h}시 {m}분",
                .date = "{y}년 {m} {d}일",
                .blank = " ",
                .money = kKoreanMoney,
                .units = kKoreanUnits,
                .large = kKoreanLarge,
                .counters = kKoreanCounters},
    SpokenForms{.language = "hi",
                .percent = "{} प्रतिशत",
                .to = "से",
                .point = "बिंदु",
                .hour = "{h} बजे",
                .time = "{h} बजकर {m} मिनट",
                .date = "{d} {m} {y}",
                .blank = " ",
                .money = kHindiMoney,
                .units = kHindiUnits,
                .large = kHindiLarge},
    SpokenForms{.language = "zh",
                .date_order = DateOrder::kYearMonthDay,
                .percent = "百分之{}",
                .to = "到",
                .point = "点",
                .hour = "{h}点",
                .time = "{h}点{m}分",
                .date = "{y}年{m}{d}日",
                .money = kChineseMoney,
                .units = kChineseUnits,
                .large = kChineseLarge,
                .counters = kChineseCounters},
};

}  // namespace

const SpokenForms* spoken_forms(std::string_view language) {
  const auto found = std::find_if(kForms.begin(), kForms.end(), [&](const SpokenForms& forms) {
    return forms.language == language;
  });
  return found == kForms.end() ? nullptr : &*found;
}

}  // namespace orpheus::text::reading
