//! The tree that html5ever builds into: nodes in one vector, linked by number. It is dropped in one go,
//! however deep it is, and knows how deep and how large it has grown.

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(usize);

/// What html5ever holds of a node.
#[derive(Clone)]
pub struct Handle {
    id: NodeId,
    name: Rc<QualName>,
}

#[derive(Debug)]
pub enum Data {
    /// The document, a comment, a doctype: nothing to show.
    Other,
    Text(String),
    Element(Element),
}

#[derive(Debug)]
pub struct Element {
    name: Rc<QualName>,
    pub attributes: Vec<Attribute>,
}

impl Element {
    /// The name, where it is an element of HTML.
    pub fn html_name(&self) -> Option<&str> {
        (self.name.ns == ns!(html)).then(|| &*self.name.local)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| &*a.name.local == name).map(|a| &*a.value)
    }
}

#[derive(Debug)]
struct Node {
    data: Data,
    parent: Option<NodeId>,
    previous: Option<NodeId>,
    next: Option<NodeId>,
    first: Option<NodeId>,
    last: Option<NodeId>,
    depth: usize,
}

/// html5ever's sink.
pub struct Dom {
    nodes: RefCell<Vec<Node>>,
    nowhere: Rc<QualName>,
    /// Of the node that was put in last.
    depth: Cell<usize>,
}

/// The finished tree.
pub struct Tree(Vec<Node>);

impl Tree {
    pub fn root() -> NodeId {
        NodeId(0)
    }

    pub fn data(&self, id: NodeId) -> &Data {
        self.0.get(id.0).map_or(&Data::Other, |node| &node.data)
    }

    pub fn first_child(&self, id: NodeId) -> Option<NodeId> {
        self.0.get(id.0)?.first
    }

    pub fn next_sibling(&self, id: NodeId) -> Option<NodeId> {
        self.0.get(id.0)?.next
    }

    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.first_child(id), |child| self.next_sibling(*child))
    }
}

impl Dom {
    pub fn new() -> Self {
        let name = QualName::new(None, ns!(), local_name!(""));
        let dom =
            Self { nodes: RefCell::new(Vec::new()), nowhere: Rc::new(name), depth: Cell::new(0) };
        dom.add(Data::Other);
        dom
    }

    pub fn depth(&self) -> usize {
        self.depth.get()
    }

    pub fn size(&self) -> usize {
        self.nodes.borrow().len()
    }

    pub fn into_tree(self) -> Tree {
        Tree(self.nodes.into_inner())
    }

    fn add(&self, data: Data) -> NodeId {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node {
            data,
            parent: None,
            previous: None,
            next: None,
            first: None,
            last: None,
            depth: 0,
        });
        NodeId(nodes.len() - 1)
    }

    fn other(&self) -> Handle {
        Handle { id: self.add(Data::Other), name: self.nowhere.clone() }
    }

    fn get<T>(&self, id: NodeId, read: impl FnOnce(&Node) -> T) -> Option<T> {
        self.nodes.borrow().get(id.0).map(read)
    }

    fn change(&self, id: NodeId, write: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.borrow_mut().get_mut(id.0) {
            write(node);
        }
    }

    fn detach(&self, id: NodeId) {
        let Some((parent, previous, next)) = self.get(id, |n| (n.parent, n.previous, n.next))
        else {
            return;
        };
        match (previous, parent) {
            (Some(previous), _) => self.change(previous, |n| n.next = next),
            (None, Some(parent)) => self.change(parent, |n| n.first = next),
            (None, None) => {}
        }
        match (next, parent) {
            (Some(next), _) => self.change(next, |n| n.previous = previous),
            (None, Some(parent)) => self.change(parent, |n| n.last = previous),
            (None, None) => {}
        }
        self.change(id, |n| (n.parent, n.previous, n.next) = (None, None, None));
    }

    /// Puts a node under a parent, before one of its children or last.
    fn insert(&self, parent: NodeId, before: Option<NodeId>, id: NodeId) {
        self.detach(id);
        let previous = match before {
            Some(before) => self.get(before, |n| n.previous).flatten(),
            None => self.get(parent, |n| n.last).flatten(),
        };
        let depth = self.get(parent, |n| n.depth).unwrap_or(0) + 1;
        self.depth.set(depth);
        self.change(id, |n| {
            n.parent = Some(parent);
            n.previous = previous;
            n.next = before;
            n.depth = depth;
        });
        match previous {
            Some(previous) => self.change(previous, |n| n.next = Some(id)),
            None => self.change(parent, |n| n.first = Some(id)),
        }
        match before {
            Some(before) => self.change(before, |n| n.previous = Some(id)),
            None => self.change(parent, |n| n.last = Some(id)),
        }
    }

    /// Text joins the text that it follows.
    fn put(&self, parent: NodeId, before: Option<NodeId>, child: NodeOrText<Handle>) {
        let text = match child {
            NodeOrText::AppendNode(node) => return self.insert(parent, before, node.id),
            NodeOrText::AppendText(text) => text,
        };
        let neighbour = match before {
            Some(before) => self.get(before, |n| n.previous).flatten(),
            None => self.get(parent, |n| n.last).flatten(),
        };
        let mut joined = false;
        if let Some(neighbour) = neighbour {
            self.change(neighbour, |n| {
                if let Data::Text(already) = &mut n.data {
                    already.push_str(&text);
                    joined = true;
                }
            });
        }
        if !joined {
            let id = self.add(Data::Text(text.to_string()));
            self.insert(parent, before, id);
        }
    }
}

/// Elements are asked for their name all the time.
#[derive(Debug)]
pub struct Name<'a>(&'a QualName);

impl ElemName for Name<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Dom {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = Name<'a>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { id: Tree::root(), name: self.nowhere.clone() }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> Name<'a> {
        Name(&target.name)
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        _: ElementFlags,
    ) -> Handle {
        let name = Rc::new(name);
        let id = self.add(Data::Element(Element { name: name.clone(), attributes }));
        Handle { id, name }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.other()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.other()
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.put(parent.id, None, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        previous: &Handle,
        child: NodeOrText<Handle>,
    ) {
        match self.get(element.id, |n| n.parent).flatten() {
            Some(parent) => self.put(parent, Some(element.id), child),
            None => self.put(previous.id, None, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// A template's contents stay under it: the sanitiser drops both.
    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.id == other.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, node: NodeOrText<Handle>) {
        if let Some(parent) = self.get(sibling.id, |n| n.parent).flatten() {
            self.put(parent, Some(sibling.id), node);
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        self.change(target.id, |node| {
            if let Data::Element(element) = &mut node.data {
                for attribute in attributes {
                    if !element.attributes.iter().any(|a| a.name == attribute.name) {
                        element.attributes.push(attribute);
                    }
                }
            }
        });
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, parent: &Handle) {
        while let Some(child) = self.get(node.id, |n| n.first).flatten() {
            self.insert(parent.id, None, child);
        }
    }
}
