#include "convert/postman_dynamic.h"

#include <string.h>

/* Words of which one is chosen. */
#define FIRST_NAME                                                                                 \
    "<random.choice('Ann', 'Bob', 'Carol', 'David', 'Eve', 'Frank', "                              \
    "'Grace', 'Heidi')>"
#define LAST_NAME                                                                                  \
    "<random.choice('Smith', 'Brown', 'Jones', 'Miller', 'Davis', "                                \
    "'Wilson')>"
#define WORD                                                                                       \
    "<random.choice('red', 'green', 'blue', 'fast', 'slow', 'new', 'old', "                        \
    "'small', 'large')>"
#define NOUN                                                                                       \
    "<random.choice('table', 'chair', 'house', 'bridge', 'river', 'garden',"                       \
    " 'engine', 'window')>"
#define ADJECTIVE                                                                                  \
    "<random.choice('virtual', 'open-source', 'digital', 'redundant', "                            \
    "'wireless', 'optical')>"
#define VERB                                                                                       \
    "<random.choice('copy', 'parse', 'index', 'compress', 'navigate', "                            \
    "'transmit')>"
#define LOREM                                                                                      \
    "<random.choice('lorem', 'ipsum', 'dolor', 'sit', 'amet', 'elit', "                            \
    "'magna')>"
#define HEX                                                                                        \
    "<random.choice('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', "                       \
    "'b', 'c', 'd', 'e', 'f')>"
#define ALNUM                                                                                      \
    "<random.choice('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', "                       \
    "'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', "                       \
    "'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')>"
#define DOMAIN "example.<random.choice('com', 'net', 'org')>"
#define USER "user<random.int(1, 1000000)>"

/* What is between < and > is an expression of a scenario; the rest is text. */
static const struct {
    const char *name, *value;
} variables[] = {
    {"$guid", "<uuid>"},
    {"$isoTimestamp", "<now.iso>"},
    {"$randomAbbreviation", "<random.choice('TCP', 'HTTP', 'SQL', 'RAM', 'XML')>"},
    {"$randomAbstractImage", "https://example.com/640/480/abstract"},
    {"$randomAdjective", ADJECTIVE},
    {"$randomAlphaNumeric", ALNUM},
    {"$randomAnimalsImage", "https://example.com/640/480/animals"},
    {"$randomAvatarImage", "https://example.com/avatar/<random.int(1, 1000)>.jpg"},
    {"$randomBankAccount", "<random.int(10000000, 99999999)>"},
    {"$randomBankAccountBic", "DEUTDEFF<random.int(100, 999)>"},
    {"$randomBankAccountIban",
     "DE<random.int(10, 99)><random.int(100000000, 999999999)><random.int(100000000, 999999999)>"},
    {"$randomBankAccountName", "<random.choice('Savings Account', 'Checking Account')>"},
    {"$randomBitcoin", "1A1zP1eP5QGefi2DMPTfTL<random.int(100000, 999999)>"},
    {"$randomBoolean", "<random.choice('true', 'false')>"},
    {"$randomBs", VERB " " ADJECTIVE " " NOUN},
    {"$randomBsAdjective", ADJECTIVE},
    {"$randomBsBuzz", VERB},
    {"$randomBsNoun", NOUN},
    {"$randomBusinessImage", "https://example.com/640/480/business"},
    {"$randomCatchPhrase", ADJECTIVE " " NOUN},
    {"$randomCatchPhraseAdjective", ADJECTIVE},
    {"$randomCatchPhraseDescriptor", ADJECTIVE},
    {"$randomCatchPhraseNoun", NOUN},
    {"$randomCatsImage", "https://example.com/640/480/cats"},
    {"$randomCity", "<random.choice('Berlin', 'Paris', 'London', 'Madrid', 'Rome', 'Oslo')>"},
    {"$randomCityImage", "https://example.com/640/480/city"},
    {"$randomColor", "<random.choice('red', 'green', 'blue', 'teal', 'orange', 'black')>"},
    {"$randomCommonFileExt", "<random.choice('txt', 'png', 'pdf')>"},
    {"$randomCommonFileName", "file<random.int(1, 10000)>.<random.choice('txt', 'png', 'pdf')>"},
    {"$randomCommonFileType", "<random.choice('text', 'image', 'video', 'audio')>"},
    {"$randomCompanyName", LAST_NAME " <random.choice('Inc', 'LLC', 'Group', 'and Sons')>"},
    {"$randomCompanySuffix", "<random.choice('Inc', 'LLC', 'Group', 'and Sons')>"},
    {"$randomCountry", "<random.choice('Germany', 'France', 'Spain', 'Italy', 'Norway', 'Japan')>"},
    {"$randomCountryCode", "<random.choice('DE', 'FR', 'ES', 'IT', 'NO', 'JP')>"},
    {"$randomCreditCardMask", "<random.int(1000, 9999)>"},
    {"$randomCurrencyCode", "<random.choice('EUR', 'USD', 'GBP', 'JPY')>"},
    {"$randomCurrencyName", "<random.choice('Euro', 'US Dollar', 'Yen')>"},
    {"$randomCurrencySymbol", "<random.choice('$', '£', '€')>"},
    {"$randomDatabaseCollation", "<random.choice('utf8_bin', 'utf8_general_ci', 'ascii_bin')>"},
    {"$randomDatabaseColumn", "<random.choice('id', 'name', 'title', 'status', 'token', 'group')>"},
    {"$randomDatabaseEngine", "<random.choice('InnoDB', 'MyISAM', 'CSV', 'ARCHIVE')>"},
    {"$randomDatabaseType", "<random.choice('int', 'text', 'date', 'boolean', 'double')>"},
    {"$randomDateFuture",
     "<random.int(2030, 2039)>-0<random.int(1, 9)>-<random.int(10, 28)>T12:00:00.000Z"},
    {"$randomDatePast",
     "<random.int(2015, 2023)>-0<random.int(1, 9)>-<random.int(10, 28)>T12:00:00.000Z"},
    {"$randomDateRecent", "<now.iso>"},
    {"$randomDepartment", "<random.choice('Books', 'Music', 'Garden', 'Toys', 'Health')>"},
    {"$randomDirectoryPath", "<random.choice('/bin', '/usr/share', '/var/log', '/opt', '/home')>"},
    {"$randomDomainName", "host<random.int(1, 1000)>." DOMAIN},
    {"$randomDomainSuffix", "<random.choice('com', 'net', 'org')>"},
    {"$randomDomainWord", "host<random.int(1, 1000)>"},
    {"$randomEmail", USER "@" DOMAIN},
    {"$randomExampleEmail", USER "@" DOMAIN},
    {"$randomFashionImage", "https://example.com/640/480/fashion"},
    {"$randomFileExt", "<random.choice('txt', 'csv', 'pdf')>"},
    {"$randomFileName", "file<random.int(1, 10000)>.<random.choice('txt', 'csv', 'pdf')>"},
    {"$randomFilePath", "/usr/share/file<random.int(1, 10000)>.txt"},
    {"$randomFileType", "<random.choice('text', 'image', 'video', 'audio')>"},
    {"$randomFirstName", FIRST_NAME},
    {"$randomFoodImage", "https://example.com/640/480/food"},
    {"$randomFullName", FIRST_NAME " " LAST_NAME},
    {"$randomHexColor", "#" HEX HEX HEX HEX HEX HEX},
    {"$randomIP",
     "<random.int(1, 223)>.<random.int(0, 255)>.<random.int(0, 255)>.<random.int(1, 254)>"},
    {"$randomIPV6", "2001:db8:0:0:0:0:0:<random.int(1000, 9999)>"},
    {"$randomImageDataUri", "data:image/gif;base64,R0lGODlhAQABAAAAACw="},
    {"$randomImageUrl", "https://example.com/640/480"},
    {"$randomIngverb", "<random.choice('copying', 'parsing', 'indexing', 'navigating')>"},
    {"$randomInt", "<random.int(0, 1000)>"},
    {"$randomJobArea", "<random.choice('Data', 'Sales', 'Product')>"},
    {"$randomJobDescriptor", "<random.choice('Senior', 'Chief', 'Lead')>"},
    {"$randomJobTitle", "<random.choice('Senior', 'Chief', 'Lead')> <random.choice('Data', "
                        "'Sales', 'Product')> <random.choice('Engineer', 'Manager', 'Analyst')>"},
    {"$randomJobType", "<random.choice('Engineer', 'Manager', 'Analyst')>"},
    {"$randomLastName", LAST_NAME},
    {"$randomLatitude", "<random.int(-89, 89)>.<random.int(1000, 9999)>"},
    {"$randomLocale", "<random.choice('en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv')>"},
    {"$randomLongitude", "<random.int(-179, 179)>.<random.int(1000, 9999)>"},
    {"$randomLoremLines", LOREM " " LOREM " " LOREM " " LOREM ". " LOREM " " LOREM " " LOREM "."},
    {"$randomLoremParagraph",
     LOREM " " LOREM " " LOREM " " LOREM ". " LOREM " " LOREM " " LOREM "."},
    {"$randomLoremParagraphs",
     LOREM " " LOREM " " LOREM " " LOREM ". " LOREM " " LOREM " " LOREM "."},
    {"$randomLoremSentence", LOREM " " LOREM " " LOREM " " LOREM "."},
    {"$randomLoremSentences",
     LOREM " " LOREM " " LOREM " " LOREM ". " LOREM " " LOREM " " LOREM "."},
    {"$randomLoremSlug", LOREM "-" LOREM "-" LOREM},
    {"$randomLoremText", LOREM " " LOREM " " LOREM " " LOREM ". " LOREM " " LOREM " " LOREM "."},
    {"$randomLoremWord", LOREM},
    {"$randomLoremWords", LOREM " " LOREM " " LOREM},
    {"$randomMACAddress", HEX HEX ":" HEX HEX ":" HEX HEX ":" HEX HEX ":" HEX HEX ":" HEX HEX},
    {"$randomMimeType", "<random.choice('text/plain', 'image/png', 'application/json')>"},
    {"$randomMonth", "<random.choice('January', 'March', 'May', 'July', 'October')>"},
    {"$randomNamePrefix", "<random.choice('Mr.', 'Mrs.', 'Ms.', 'Dr.')>"},
    {"$randomNameSuffix", "<random.choice('Jr.', 'Sr.', 'MD', 'PhD')>"},
    {"$randomNatureImage", "https://example.com/640/480/nature"},
    {"$randomNightlifeImage", "https://example.com/640/480/nightlife"},
    {"$randomNoun", NOUN},
    {"$randomPassword",
     ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM ALNUM},
    {"$randomPeopleImage", "https://example.com/640/480/people"},
    {"$randomPhoneNumber",
     "<random.int(200, 999)>-<random.int(200, 999)>-<random.int(1000, 9999)>"},
    {"$randomPhoneNumberExt",
     "<random.int(10, 99)>-<random.int(200, 999)>-<random.int(200, 999)>-<random.int(1000, 9999)>"},
    {"$randomPhrase", "We need to " VERB " the " ADJECTIVE " " NOUN},
    {"$randomPrice", "<random.int(0, 999)>.<random.int(10, 99)>"},
    {"$randomProduct", "<random.choice('Chair', 'Table', 'Shoes')>"},
    {"$randomProductAdjective", "<random.choice('Small', 'Practical', 'Handmade')>"},
    {"$randomProductMaterial", "<random.choice('Steel', 'Wooden', 'Cotton')>"},
    {"$randomProductName",
     "<random.choice('Small', 'Practical', 'Handmade')> <random.choice('Steel', 'Wooden', "
     "'Cotton')> <random.choice('Chair', 'Table', 'Shoes')>"},
    {"$randomProtocol", "<random.choice('http', 'https')>"},
    {"$randomSemver", "<random.int(0, 9)>.<random.int(0, 9)>.<random.int(0, 9)>"},
    {"$randomSportsImage", "https://example.com/640/480/sports"},
    {"$randomStreetAddress",
     "<random.int(1, 9999)> <random.choice('Main Street', 'Oak Lane', 'Park Road', 'Mill Way')>"},
    {"$randomStreetName", "<random.choice('Main Street', 'Oak Lane', 'Park Road', 'Mill Way')>"},
    {"$randomTransactionType", "<random.choice('invoice', 'payment', 'deposit', 'withdrawal')>"},
    {"$randomTransportImage", "https://example.com/640/480/transport"},
    {"$randomUUID", "<uuid>"},
    {"$randomUrl", "https://www<random.int(1, 1000)>." DOMAIN},
    {"$randomUserAgent", "Mozilla/5.0 (X11; Linux x86_64; rv:1<random.int(0, 30)>.0) "
                         "Gecko/20100101 Firefox/1<random.int(0, 30)>.0"},
    {"$randomUserName", USER},
    {"$randomVerb", VERB},
    {"$randomWeekday", "<random.choice('Monday', 'Tuesday', 'Thursday', 'Friday')>"},
    {"$randomWord", NOUN},
    {"$randomWords", WORD " " NOUN " " NOUN},
    {"$timestamp", "<now.unix>"},
};

bool postman_dynamic(struct draft *d, const char *name, size_t n, struct buf *out) {
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (strlen(variables[i].name) != n || memcmp(variables[i].name, name, n) != 0)
            continue;
        for (const char *p = variables[i].value; *p != '\0';) {
            size_t plain = strcspn(p, "<"), end;
            buf_add(out, p, plain);
            p += plain;
            if (*p == '\0')
                break;
            end = strcspn(p, ">");
            draft_reference(d, out, draft_copy(d, p + 1, end - 1));
            p += end + 1;
        }
        return true;
    }
    return false;
}
