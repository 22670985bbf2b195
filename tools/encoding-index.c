
/*
 * Makes the index tables of https://encoding.spec.whatwg.org/ for the engine's
 * decoders, from ICU's converters; prints C.  Run when the engine is built.
 *
 * ICU's converters are not the standard's: they have mappings of their own for
 * private use, lack others, and what a malformed sequence swallows differs.  So
 * they serve as a source of mappings only; what differs is written out here,
 * and each table must have the checksum of the standard's index, whatever the
 * version of ICU.  The checksums were taken from the index files as the npm
 * packages text-encoding 0.7.0 and @exodus/bytes 1.16.0 have them, which agree
 * but for the changes of 2022 to gb18030, where the second is right.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/ucnv.h>
#include <unicode/utf16.h>


#define INDEX_MAX  (126 * 190)

/* Private use; but for gb18030 and macintosh, these mappings are ICU's own. */
#define IS_PRIVATE(c)  ((c) >= 0xe000 && (c) <= 0xf8ff)


typedef enum {
    INDEX_SINGLE,
    INDEX_BIG5,
    INDEX_EUC_KR,
    INDEX_GB18030,
    INDEX_JIS0208,
    INDEX_JIS0212
} index_form_t;


/* What the standard has instead of ICU's mapping; 0 is none. */
typedef struct {
    unsigned       pointer;
    uint32_t       code_point;
} index_patch_t;


typedef struct {
    const char           *name;
    index_form_t          form;
    const char           *converter;    /* NULL: ISO-8859-16 */
    const index_patch_t  *patches;      /* end with pointer INDEX_MAX */
    uint64_t              checksum;
} index_table_t;


#define END  { INDEX_MAX, 0 }

static const index_patch_t  none[] = { END };

static const index_patch_t  big5[] = {
    { 1008, 0x9f97 }, { 1016, 0x9f96 }, { 1099, 0x31c0 }, { 1100, 0x31c1 },
    { 1101, 0x31c2 }, { 1102, 0x31c3 }, { 1103, 0x31c4 }, { 1105, 0x31c5 },
    { 1108, 0x31c6 }, { 1109, 0x31c7 }, { 1112, 0x31c8 }, { 1114, 0x31c9 },
    { 1115, 0x31ca }, { 1116, 0x31cb }, { 1117, 0x31cc }, { 1119, 0x31cd },
    { 1120, 0x31ce }, { 1170, 0x23da }, { 1171, 0x23db }, { 1730, 0x9fa6 },
    { 1772, 0x9fa7 }, { 1779, 0x9fa8 }, { 1812, 0x9fa9 }, { 1814, 0x9faa },
    { 1816, 0x9fab }, { 1821, 0x9fac }, { 1844, 0x9fad }, { 1845, 0x9fae },
    { 1847, 0x9faf }, { 1866, 0x9fb2 }, { 1892, 0x9fb3 }, { 2082, 0x7bb8 },
    { 2088, 0x7c06 }, { 2103, 0x7cce }, { 2114, 0x7dd2 }, { 2123, 0x7e1d },
    { 2148, 0x8005 }, { 2151, 0x8028 }, { 2221, 0x83c1 }, { 2239, 0x84a8 },
    { 2244, 0x840f }, { 2303, 0x89a6 }, { 2304, 0x89a9 }, { 2354, 0x8d77 },
    { 2400, 0x90fd }, { 2413, 0x92b9 }, { 2477, 0x975c }, { 2498, 0x97ff },
    { 2605, 0x9f16 }, { 2673, 0x8503 }, { 2746, 0x5159 }, { 2747, 0x515b },
    { 2748, 0x515d }, { 2749, 0x515e }, { 2771, 0x936e }, { 2780, 0x7479 },
    { 2990, 0x6d67 }, { 3087, 0x799b }, { 3259, 0x9097 }, { 3301, 0x975d },
    { 3436, 0x701e }, { 3451, 0x5b28 }, { 4136, 0x7201 }, { 4138, 0x77d7 },
    { 4141, 0x7e87 }, { 4182, 0x99d6 }, { 4206, 0x91d4 }, { 4220, 0x60de },
    { 4230, 0x6fb6 }, { 4241, 0x8f36 }, { 4258, 0x4fbb }, { 4273, 0x71df },
    { 4279, 0x9104 }, { 4282, 0x9df0 }, { 4294, 0x83cf }, { 4329, 0x5c10 },
    { 4330, 0x79e3 }, { 4349, 0x5a67 }, { 4419, 0x8f0b }, { 4422, 0x7b51 },
    { 4494, 0x62d0 }, { 4624, 0x6062 }, { 4694, 0x75f9 }, { 4708, 0x6c4a },
    { 4742, 0x9b2e }, { 4748, 0x9f17 }, { 4815, 0x50ed }, { 4828, 0x5f0c },
    { 4902, 0x880f }, { 4922, 0x62ce }, { 4982, 0x7468 }, { 4992, 0x7162 },
    { 4997, 0x7250 }, { 5432, 0x2400 }, { 5433, 0x2401 }, { 5434, 0x2402 },
    { 5435, 0x2403 }, { 5436, 0x2404 }, { 5437, 0x2405 }, { 5438, 0x2406 },
    { 5439, 0x2407 }, { 5440, 0x2408 }, { 5441, 0x2409 }, { 5442, 0x240a },
    { 5443, 0x240b }, { 5444, 0x240c }, { 5445, 0x240d }, { 5446, 0x240e },
    { 5447, 0x240f }, { 5448, 0x2410 }, { 5449, 0x2411 }, { 5450, 0x2412 },
    { 5451, 0x2413 }, { 5452, 0x2414 }, { 5453, 0x2415 }, { 5454, 0x2416 },
    { 5455, 0x2417 }, { 5456, 0x2418 }, { 5457, 0x2419 }, { 5458, 0x241a },
    { 5459, 0x241b }, { 5460, 0x241c }, { 5461, 0x241d }, { 5462, 0x241e },
    { 5463, 0x241f }, { 5464, 0x2421 }, { 10942, 0x5ef4 }, { 10946, 0x65e0 },
    { 10948, 0x7676 }, { 10950, 0x96b6 }, { 10957, 0x3003 }, { 10958, 0x4edd },
    { 11204, 0x31cf }, { 11210, 0x9fb0 }, { 11212, 0x9fb1 }, { 19028, 0x5029 },
    { 19035, 0x507d }, { 19088, 0x5305 }, { 19096, 0x5344 }, { 19112, 0x537f },
    { 19162, 0x5605 }, { 19240, 0x5a77 }, { 19299, 0x5e75 }, { 19305, 0x5ed0 },
    { 19326, 0x5f58 }, { 19355, 0x60a4 }, { 19398, 0x6490 }, { 19439, 0x6674 },
    { 19454, 0x675e }, { 19553, 0x6c9c }, { 19554, 0x6e1d }, { 19557, 0x6e2f },
    { 19611, 0x716e }, { 19643, 0x732a }, { 19672, 0x745c }, { 19697, 0x74e9 },
    { 19748, 0x7809 },
    END
};

static const index_patch_t  gb18030[] = {
    { 6555, 0x3000 },
    { 7182, 0xfe10 }, { 7183, 0xfe12 }, { 7184, 0xfe11 }, { 7185, 0xfe13 },
    { 7186, 0xfe14 }, { 7187, 0xfe15 }, { 7188, 0xfe16 }, { 7201, 0xfe17 },
    { 7202, 0xfe18 }, { 7208, 0xfe19 }, { 23775, 0x9fb4 }, { 23783, 0x9fb5 },
    { 23788, 0x9fb6 }, { 23789, 0x9fb7 }, { 23795, 0x9fb8 }, { 23812, 0x9fb9 },
    { 23829, 0x9fba }, { 23845, 0x9fbb },
    END
};

/* IBM's extensions */
static const index_patch_t  jis0212[] = {
    { 7708, 0 }, { 7709, 0 }, { 7710, 0 }, { 7711, 0 }, { 7712, 0 },
    { 7713, 0 }, { 7714, 0 }, { 7715, 0 }, { 7716, 0 }, { 7717, 0 },
    { 7718, 0 }, { 7719, 0 }, { 7720, 0 }, { 7721, 0 }, { 7722, 0 },
    { 7723, 0 }, { 7724, 0 }, { 7725, 0 }, { 7726, 0 }, { 7727, 0 },
    { 7730, 0 },
    END
};

static const index_patch_t  koi8_u[] = {
    { 46, 0x045e }, { 62, 0x040e },
    END
};

static const index_patch_t  windows_874[] = {
    { 91, 0 }, { 92, 0 }, { 93, 0 }, { 94, 0 }, { 124, 0 }, { 125, 0 },
    { 126, 0 }, { 127, 0 },
    END
};

static const index_patch_t  windows_1253[] = {
    { 42, 0 },
    END
};

static const index_patch_t  windows_1255[] = {
    { 74, 0x05ba },
    END
};

/* ICU has no such converter. */
static const uint16_t  iso_8859_16[96] = {
    0x00a0, 0x0104, 0x0105, 0x0141, 0x20ac, 0x201e, 0x0160, 0x00a7, 0x0161,
    0x00a9, 0x0218, 0x00ab, 0x0179, 0x00ad, 0x017a, 0x017b, 0x00b0, 0x00b1,
    0x010c, 0x0142, 0x017d, 0x201d, 0x00b6, 0x00b7, 0x017e, 0x010d, 0x0219,
    0x00bb, 0x0152, 0x0153, 0x0178, 0x017c, 0x00c0, 0x00c1, 0x00c2, 0x0102,
    0x00c4, 0x0106, 0x00c6, 0x00c7, 0x00c8, 0x00c9, 0x00ca, 0x00cb, 0x00cc,
    0x00cd, 0x00ce, 0x00cf, 0x0110, 0x0143, 0x00d2, 0x00d3, 0x00d4, 0x0150,
    0x00d6, 0x015a, 0x0170, 0x00d9, 0x00da, 0x00db, 0x00dc, 0x0118, 0x021a,
    0x00df, 0x00e0, 0x00e1, 0x00e2, 0x0103, 0x00e4, 0x0107, 0x00e6, 0x00e7,
    0x00e8, 0x00e9, 0x00ea, 0x00eb, 0x00ec, 0x00ed, 0x00ee, 0x00ef, 0x0111,
    0x0144, 0x00f2, 0x00f3, 0x00f4, 0x0151, 0x00f6, 0x015b, 0x0171, 0x00f9,
    0x00fa, 0x00fb, 0x00fc, 0x0119, 0x021b, 0x00ff
};


static const index_table_t  index_tables[] = {
    { "big5", INDEX_BIG5, "ibm-1375_P100-2008",
      big5, 0x2cee421a7df2ab83u },
    { "euc_kr", INDEX_EUC_KR, "windows-949-2000",
      none, 0x36fa0901662c0baeu },
    { "gb18030", INDEX_GB18030, "gb18030",
      gb18030, 0xfbe62b98e01e54aeu },
    { "jis0208", INDEX_JIS0208, "ibm-943_P15A-2003",
      none, 0x4d91cc97d4da3ed2u },
    { "jis0212", INDEX_JIS0212, "euc-jp-2007",
      jis0212, 0x7fb7b81a0b35e6e4u },
    { "ibm866", INDEX_SINGLE, "ibm866",
      none, 0x0ce0b3aa5d6a13cdu },
    { "iso_8859_2", INDEX_SINGLE, "iso-8859-2",
      none, 0x2633d28b5f731a3cu },
    { "iso_8859_3", INDEX_SINGLE, "iso-8859-3",
      none, 0x91bef3cccfb9bcebu },
    { "iso_8859_4", INDEX_SINGLE, "iso-8859-4",
      none, 0xc25bbf29e31e2f44u },
    { "iso_8859_5", INDEX_SINGLE, "iso-8859-5",
      none, 0x6ca93d32977a6a3eu },
    { "iso_8859_6", INDEX_SINGLE, "iso-8859-6",
      none, 0xf1cdbc6f2b053ea6u },
    { "iso_8859_7", INDEX_SINGLE, "iso-8859-7",
      none, 0x540276cfea574f34u },
    { "iso_8859_8", INDEX_SINGLE, "iso-8859-8",
      none, 0xf9b747f502c66637u },
    { "iso_8859_10", INDEX_SINGLE, "iso-8859-10",
      none, 0xa3d8074bfcc9adebu },
    { "iso_8859_13", INDEX_SINGLE, "iso-8859-13",
      none, 0xc189c3c32a446970u },
    { "iso_8859_14", INDEX_SINGLE, "iso-8859-14",
      none, 0x6f03842aff5903b9u },
    { "iso_8859_15", INDEX_SINGLE, "iso-8859-15",
      none, 0x9a99dad2413e28beu },
    { "iso_8859_16", INDEX_SINGLE, NULL,
      none, 0x2af3d0be939d2b6eu },
    { "koi8_r", INDEX_SINGLE, "koi8-r",
      none, 0xa49c2826cdbec910u },
    { "koi8_u", INDEX_SINGLE, "koi8-u",
      koi8_u, 0xc6891435a9bcf5c2u },
    { "macintosh", INDEX_SINGLE, "macintosh",
      none, 0x52c90bd4f0b56303u },
    { "windows_874", INDEX_SINGLE, "windows-874",
      windows_874, 0xb815f35a2701001fu },
    { "windows_1250", INDEX_SINGLE, "windows-1250",
      none, 0x6dcbdf212d0114f2u },
    { "windows_1251", INDEX_SINGLE, "windows-1251",
      none, 0x7d7a11f84ffd2f9du },
    { "windows_1252", INDEX_SINGLE, "windows-1252",
      none, 0x5ef3d56e9154b5deu },
    { "windows_1253", INDEX_SINGLE, "windows-1253",
      windows_1253, 0xa5b4ea4c49f58c15u },
    { "windows_1254", INDEX_SINGLE, "windows-1254",
      none, 0xad97c599eb3cbd3eu },
    { "windows_1255", INDEX_SINGLE, "windows-1255",
      windows_1255, 0x95deaa00a9e847b1u },
    { "windows_1256", INDEX_SINGLE, "windows-1256",
      none, 0x24458ae0ec32fc26u },
    { "windows_1257", INDEX_SINGLE, "windows-1257",
      none, 0x1ce7499e86126423u },
    { "windows_1258", INDEX_SINGLE, "windows-1258",
      none, 0x5669b12eedf99d1eu },
    { "x_mac_cyrillic", INDEX_SINGLE, "x-mac-cyrillic",
      none, 0x9e483289fae1bea7u }
};


/* The bytes that stand for a pointer; their number, or 0 if there are none. */
static int
index_bytes(index_form_t form, unsigned pointer, uint8_t bytes[3])
{
    unsigned  lead, trail;

    switch (form) {

    case INDEX_BIG5:
        lead = pointer / 157;
        trail = pointer % 157;
        bytes[0] = (uint8_t) (lead + 0x81);
        bytes[1] = (uint8_t) (trail + (trail < 0x3f ? 0x40 : 0x62));
        return 2;

    case INDEX_EUC_KR:
        bytes[0] = (uint8_t) (pointer / 190 + 0x81);
        bytes[1] = (uint8_t) (pointer % 190 + 0x41);
        return 2;

    case INDEX_GB18030:
        trail = pointer % 190;
        bytes[0] = (uint8_t) (pointer / 190 + 0x81);
        bytes[1] = (uint8_t) (trail + (trail < 0x3f ? 0x40 : 0x41));
        return 2;

    case INDEX_JIS0208:
        /* as Shift_JIS, which has all of it */
        lead = pointer / 188;
        trail = pointer % 188;
        bytes[0] = (uint8_t) (lead + (lead < 0x1f ? 0x81 : 0xc1));
        bytes[1] = (uint8_t) (trail + (trail < 0x3f ? 0x40 : 0x41));
        return 2;

    case INDEX_JIS0212:
        bytes[0] = 0x8f;
        bytes[1] = (uint8_t) (pointer / 94 + 0xa1);
        bytes[2] = (uint8_t) (pointer % 94 + 0xa1);
        return 3;

    default:
        bytes[0] = (uint8_t) (pointer + 0x80);
        return 1;
    }
}


static unsigned
index_size(index_form_t form)
{
    static const unsigned  sizes[] = {
        [INDEX_SINGLE] = 128,
        [INDEX_BIG5] = 126 * 157,
        [INDEX_EUC_KR] = 126 * 190,
        [INDEX_GB18030] = 126 * 190,
        [INDEX_JIS0208] = 11104,
        [INDEX_JIS0212] = 94 * 94
    };

    return sizes[form];
}


/* The one code point that bytes are for ICU, or 0. */
static uint32_t
index_convert(UConverter *converter, const uint8_t *bytes, int size)
{
    UChar       text[8];
    int32_t     n;
    UErrorCode  error = U_ZERO_ERROR;

    ucnv_reset(converter);

    n = ucnv_toUChars(converter, text, 8, (const char *) bytes, size, &error);
    if (U_FAILURE(error)) {
        return 0;
    }

    if (n == 1 && text[0] != 0xfffd) {
        return text[0];
    }

    if (n == 2 && U16_IS_LEAD(text[0]) && U16_IS_TRAIL(text[1])) {
        return 0x10000u + ((text[0] - 0xd800u) << 10) + (text[1] - 0xdc00u);
    }

    return 0;
}


static bool
index_fill(const index_table_t *table, uint32_t *index)
{
    int                   bytes_size;
    uint8_t               bytes[3];
    unsigned              i, size;
    UErrorCode            error = U_ZERO_ERROR;
    UConverter           *converter;
    const index_patch_t  *patch;

    size = index_size(table->form);

    if (table->converter == NULL) {

        for (i = 0; i < 128; i++) {
            index[i] = i < 32 ? i + 0x80 : iso_8859_16[i - 32];
        }

        return true;
    }

    converter = ucnv_open(table->converter, &error);
    if (U_FAILURE(error)) {
        fprintf(stderr, "encoding-index: ICU has no converter \"%s\": %s\n",
                table->converter, u_errorName(error));
        return false;
    }

    ucnv_setToUCallBack(converter, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL,
                        &error);

    for (i = 0; i < size; i++) {
        bytes_size = index_bytes(table->form, i, bytes);
        index[i] = index_convert(converter, bytes, bytes_size);

        if (IS_PRIVATE(index[i]) && table->form != INDEX_GB18030
            && table->form != INDEX_SINGLE)
        {
            index[i] = 0;
        }
    }

    ucnv_close(converter);

    for (patch = table->patches; patch->pointer != INDEX_MAX; patch++) {
        index[patch->pointer] = patch->code_point;
    }

    return true;
}


/* FNV-1a over three bytes a code point. */
static uint64_t
index_checksum(const uint32_t *index, unsigned size)
{
    unsigned  i, shift;
    uint64_t  hash = 0xcbf29ce484222325u;

    for (i = 0; i < size; i++) {

        for (shift = 0; shift < 24; shift += 8) {
            hash ^= (index[i] >> shift) & 0xff;
            hash *= 0x100000001b3u;
        }
    }

    return hash;
}


static void
index_print(const index_table_t *table, const uint32_t *index)
{
    unsigned  i, size;

    size = index_size(table->form);

    printf("\n\nstatic const uint16_t  dw_index_%s[%u] = {", table->name, size);

    for (i = 0; i < size; i++) {
        printf("%s%u%s", i % 12 ? " " : "\n    ", index[i] & 0xffff,
               i + 1 < size ? "," : "\n};\n");
    }

    if (table->form != INDEX_BIG5) {
        return;
    }

    /* Which of them are U+20000 and above. */

    printf("\n\nstatic const uint8_t  dw_index_%s_high[%u] = {", table->name,
           (size + 7) / 8);

    for (i = 0; i < size; i += 8) {
        unsigned  k, bits = 0;

        for (k = 0; k < 8 && i + k < size; k++) {
            bits |= (unsigned) (index[i + k] >= 0x20000) << k;
        }

        printf("%s%u%s", i / 8 % 12 ? " " : "\n    ", bits,
               i + 8 < size ? "," : "\n};\n");
    }
}


int
main(void)
{
    size_t                i;
    uint32_t              index[INDEX_MAX];
    const index_table_t  *table;

    printf("\n/* Made by tools/encoding-index.c. */\n");

    for (i = 0; i < sizeof(index_tables) / sizeof(index_tables[0]); i++) {

        table = &index_tables[i];

        if (!index_fill(table, index)) {
            return 1;
        }

        if (index_checksum(index, index_size(table->form)) != table->checksum)
        {
            fprintf(stderr, "encoding-index: \"%s\" is not the standard's "
                    "with ICU %s\n", table->name, U_ICU_VERSION);
            return 1;
        }

        index_print(table, index);
    }

    return 0;
}
