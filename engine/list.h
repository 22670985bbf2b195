
/*
 * A circular doubly linked list whose links lie in its elements.  It never
 * allocates and knows no locks.  An element that was removed, or initialised,
 * is a list by itself, so removing it twice is harmless.
 */

#ifndef DW_LIST_H
#define DW_LIST_H


#include <stdbool.h>
#include <stddef.h>


typedef struct dw_list_s  dw_list_t;

struct dw_list_s {
    dw_list_t  *prev;
    dw_list_t  *next;
};


/* The structure that holds "link" as its field "member". */
#define dw_list_entry(link, type, member)                                     \
    ((type *) (void *) ((char *) (link) - offsetof(type, member)))


static inline void
dw_list_init(dw_list_t *list)
{
    list->prev = list;
    list->next = list;
}


static inline bool
dw_list_empty(const dw_list_t *list)
{
    return list->next == list;
}


static inline void
dw_list_push_head(dw_list_t *list, dw_list_t *link)
{
    link->prev = list;
    link->next = list->next;
    list->next->prev = link;
    list->next = link;
}


static inline void
dw_list_push_tail(dw_list_t *list, dw_list_t *link)
{
    dw_list_push_head(list->prev, link);
}


static inline void
dw_list_remove(dw_list_t *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    dw_list_init(link);
}


/* NULL when the list is empty. */
static inline dw_list_t *
dw_list_pop_head(dw_list_t *list)
{
    dw_list_t  *link;

    link = list->next;

    if (link == list) {
        return NULL;
    }

    dw_list_remove(link);

    return link;
}


#endif /* DW_LIST_H */
