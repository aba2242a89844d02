/*
 * absent: for make static, what Debian's archives of libcurl, OpenLDAP and GnuTLS need from
 * Kerberos, Cyrus SASL and p11-kit, which Debian only has as shared objects.
 *
 * coldswarm's libcurl speaks http and https and is given no Negotiate authentication, and its page
 * reads certificates from files. So nothing calls these functions, except to ask whether they are
 * there. The answer is no.
 */
#include <stddef.h>

#define GSS_FAILURE (13L << 16) /* GSS_S_FAILURE, RFC 2744 */
#define SASL_FAILURE (-1L)      /* SASL_FAIL */
#define P11_FAILURE (-1L)       /* P11_KIT_URI_UNEXPECTED and others; functions of counts say 0 */

/* Each has its own parameters and result; a register has them, whatever their type. */
#define ABSENT(name, answer)                                                                       \
    long name(void);                                                                               \
    long name(void) {                                                                              \
        return answer;                                                                             \
    }

ABSENT(gss_delete_sec_context, GSS_FAILURE)
ABSENT(gss_display_name, GSS_FAILURE)
ABSENT(gss_display_status, GSS_FAILURE)
ABSENT(gss_import_name, GSS_FAILURE)
ABSENT(gss_init_sec_context, GSS_FAILURE)
ABSENT(gss_inquire_context, GSS_FAILURE)
ABSENT(gss_release_buffer, GSS_FAILURE)
ABSENT(gss_release_name, GSS_FAILURE)
ABSENT(gss_unwrap, GSS_FAILURE)
ABSENT(gss_wrap, GSS_FAILURE)
extern const void *const GSS_C_NT_HOSTBASED_SERVICE;
const void *const GSS_C_NT_HOSTBASED_SERVICE = NULL;

ABSENT(sasl_client_init, SASL_FAILURE)
ABSENT(sasl_client_new, SASL_FAILURE)
ABSENT(sasl_client_start, SASL_FAILURE)
ABSENT(sasl_client_step, SASL_FAILURE)
ABSENT(sasl_decode, SASL_FAILURE)
ABSENT(sasl_dispose, 0)
ABSENT(sasl_encode, SASL_FAILURE)
ABSENT(sasl_errdetail, 0)
ABSENT(sasl_errstring, 0)
ABSENT(sasl_getprop, SASL_FAILURE)
ABSENT(sasl_global_listmech, 0)
ABSENT(sasl_set_mutex, 0)
ABSENT(sasl_setprop, SASL_FAILURE)

ABSENT(p11_kit_config_option, 0)
ABSENT(p11_kit_message, 0)
ABSENT(p11_kit_module_finalize, P11_FAILURE)
ABSENT(p11_kit_module_get_flags, 0)
ABSENT(p11_kit_module_get_name, 0)
ABSENT(p11_kit_module_load, 0)
ABSENT(p11_kit_module_release, 0)
ABSENT(p11_kit_modules_load, 0)
ABSENT(p11_kit_pin_file_callback, 0)
ABSENT(p11_kit_pin_get_length, 0)
ABSENT(p11_kit_pin_get_value, 0)
ABSENT(p11_kit_pin_new_for_string, 0)
ABSENT(p11_kit_pin_register_callback, 0)
ABSENT(p11_kit_pin_request, 0)
ABSENT(p11_kit_pin_unref, 0)
ABSENT(p11_kit_pin_unregister_callback, 0)
ABSENT(p11_kit_space_strdup, 0)
ABSENT(p11_kit_space_strlen, 0)
ABSENT(p11_kit_strerror, 0)
ABSENT(p11_kit_uri_format, P11_FAILURE)
ABSENT(p11_kit_uri_free, 0)
ABSENT(p11_kit_uri_get_attribute, 0)
ABSENT(p11_kit_uri_get_attributes, 0)
ABSENT(p11_kit_uri_get_module_info, 0)
ABSENT(p11_kit_uri_get_pin_source, 0)
ABSENT(p11_kit_uri_get_pin_value, 0)
ABSENT(p11_kit_uri_get_token_info, 0)
ABSENT(p11_kit_uri_match_module_info, 0)
ABSENT(p11_kit_uri_match_token_info, 0)
ABSENT(p11_kit_uri_new, 0)
ABSENT(p11_kit_uri_parse, P11_FAILURE)
ABSENT(p11_kit_uri_set_attribute, P11_FAILURE)
